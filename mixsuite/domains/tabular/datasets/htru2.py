"""Pulsar candidates, from the data root."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Htru2(Dataset):
    """17,898 candidates, eight numbers, pulsar (9 %) or not."""

    domain = "tabular"
    classes = 2
    recipe = "uci"
    source = "UCI HTRU2 (HTRU_2.csv in uci/htru2)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Lyon et al. 2016, UCI HTRU2; in Zhang et al. 2018, arXiv:1710.09412, table 4"
    sha256 = {"*": "5e3a887993f54410"}

    def files(self, root):
        return [root / "uci" / "htru2" / "HTRU_2.csv"]

    def load(self, root):
        import pandas as pd

        frame = pd.read_csv(self.files(root)[0], header=None).add_prefix("f")
        return Raw(frame, frame.pop("f8").to_numpy().astype(np.int64))
