"""Abalone with the number of their shells' rings, as classes or as a number, from the data root."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Abalone(Dataset):
    """4,177 shells, seven measurements and the sex; 1 to 29 rings.

    kind: "class", 28 of them (some have one row), or "regression", the number of rings.
    """

    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]

    domain = "tabular"
    classes = 28
    recipe = "uci"
    source = "UCI Abalone (abalone.data in uci/abalone)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Nash et al. 1994, UCI Abalone; in Zhang et al. 2018, arXiv:1710.09412, table 4"
    sha256 = {"*": "6d03d6a98ecf9d09"}

    def files(self, root):
        return [root / "uci" / "abalone" / "abalone.data"]

    def load(self, root):
        import pandas as pd

        frame = pd.read_csv(self.files(root)[0], header=None).set_axis([f"f{i}" for i in range(9)], axis=1)
        rings = frame.pop("f8").to_numpy()
        return Raw(frame, np.unique(rings, return_inverse=True)[1] if self.kind == "class" else rings.astype(float))
