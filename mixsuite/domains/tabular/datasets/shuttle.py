"""Readings of the Space Shuttle, seven very uneven classes, from the data root."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Shuttle(Dataset):
    """43,500 + 14,500 readings of nine numbers, split officially; 79 % are of one class, 0.02 % of the rarest."""

    domain = "tabular"
    classes = 7
    recipe = "tabular_mlp_2000"
    source = "UCI Statlog (Shuttle) (shuttle.trn and shuttle.tst in uci/shuttle)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Catlett, UCI Statlog (Shuttle)"
    sha256 = {"*": "d1092185d3f2e6f6"}

    def files(self, root):
        return [root / "uci" / "shuttle" / name for name in ("shuttle.trn", "shuttle.tst")]

    def load(self, root):
        import pandas as pd

        parts = [pd.read_csv(path, header=None, sep=" ") for path in self.files(root)]
        frame = pd.concat(parts, ignore_index=True).add_prefix("f")
        y = frame.pop("f9").to_numpy().astype(np.int64) - 1
        return Raw(frame, y, np.repeat([0, 2], [len(part) for part in parts]))
