"""Electrocardiograms, from the data root: many columns, few rows, uneven classes."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Arrhythmia(Dataset):
    """452 people, 279 numbers (some missing), 13 classes; the first, normal, has more than half of the rows."""

    domain = "tabular"
    classes = 13
    recipe = "uci"
    source = "UCI Arrhythmia (arrhythmia.data in uci/arrhythmia)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Guvenir et al. 1998, UCI Arrhythmia; in Zhang et al. 2018, arXiv:1710.09412, table 4"
    sha256 = {"*": "6ba50314d7ba2449"}

    def files(self, root):
        return [root / "uci" / "arrhythmia" / "arrhythmia.data"]

    def load(self, root):
        import pandas as pd

        frame = pd.read_csv(self.files(root)[0], header=None, na_values="?").add_prefix("f")
        return Raw(frame, np.unique(frame.pop("f279"), return_inverse=True)[1])
