"""Made-up data sets for tests of the machinery."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset


@dataclass(frozen=True)
class Toy(Dataset):
    """A made-up data set for tests of the machinery: two blobs, pictures or rows."""

    domain = "tabular"
    classes = 2

    def load(self, root):
        draws = np.random.default_rng(0)
        y = np.arange(60) % 2
        return Raw(pd.DataFrame(draws.normal(size=(60, 3)) + y[:, None]), y)


@dataclass(frozen=True)
class ToyPictures(Toy):
    """The same as pictures of 6 by 6."""

    domain = "images"

    def load(self, root):
        draws = np.random.default_rng(0)
        y = np.arange(60) % 2
        return Raw(draws.normal(size=(60, 6, 6)) + y[:, None, None], y)
