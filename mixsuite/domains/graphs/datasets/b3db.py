"""Small molecules that do or do not cross the blood-brain barrier, shipped beside this module."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mixsuite.domains import Dataset, Raw

ELEMENTS = ("C", "O", "N", "S", "Cl", "F", "Br", "P", "I", "Si", "B")


@dataclass(frozen=True)
class B3db(Dataset):
    """680 molecules (22.2 atoms on average, 30 at most, eleven elements); half of them cross the blood-brain barrier.

    A node is an atom other than hydrogen, with its one-hot element. An edge is a bond of any order.
    """

    domain = "graphs"
    classes = 2
    recipe = "molecules_gin"
    source = "B3DB (package qc-B3DB 1.1.1), a sample that is shipped beside the loader"
    licence = "CC0 1.0"
    reference = "Meng et al. 2021, Scientific Data 8, 289"
    sha256 = {"b3db.csv": "8237ad26ef38619c945191f4669f859532d8422584706ca13d581b5bd30ffc63"}

    def files(self, root):
        return [Path(__file__).with_name("b3db_files") / "b3db.csv"]

    def load(self, root):
        table = pd.read_csv(self.files(root)[0])
        x = np.empty(len(table), dtype=object)
        for row, (atoms, bonds) in enumerate(zip(table["atoms"], table["bonds"], strict=True)):
            kinds = [ELEMENTS.index(atom) for atom in atoms.split()]
            ends = np.array([bond.split("-") for bond in bonds.split()], dtype=np.int64)
            edges = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0).T  # both directions, sorted
            x[row] = np.eye(len(ELEMENTS), dtype=np.float32)[kinds], edges
        return Raw(x, table["crosses"].to_numpy(np.int64))
