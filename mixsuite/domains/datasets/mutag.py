"""Mutagenic molecules, shipped inside grakel."""

from dataclasses import dataclass

from mixsuite.domains.contract import Dataset, shipped
from mixsuite.domains.datasets._tu import read_tu, tu_files


@dataclass(frozen=True)
class Mutag(Dataset):
    """188 molecules (17.9 atoms on average, seven kinds), mutagenic or not."""

    domain = "graphs"
    classes = 2
    recipe = "mutag_gin"
    source = "grakel (its test data), read by path"
    licence = "none stated by the TU collection; free for research"
    reference = "Debnath et al. 1991; Morris et al. 2020, TUDataset"
    sha256 = {"*": "2681473817e00bfa"}

    def files(self, root):
        return tu_files(shipped("grakel", "tests", "data", "MUTAG"), "MUTAG")

    def load(self, root):
        return read_tu(shipped("grakel", "tests", "data", "MUTAG"), "MUTAG")
