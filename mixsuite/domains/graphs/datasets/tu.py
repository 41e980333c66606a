"""Any graph classification set of the TU collection, from the data root: tu:PROTEINS."""

import re
from dataclasses import dataclass

from mixsuite.domains import Dataset
from mixsuite.domains.graphs.datasets._tu import read_tu, tu_files


@dataclass(frozen=True)
class Tu(Dataset):
    """A set of the TU collection by name, such as tu:NCI1; nodes without features get their degree."""

    name: str = "PROTEINS"

    domain = "graphs"
    recipe = "tu_gin"
    arguments = ("name",)
    source = "the TU collection, chrsmrrs.github.io/datasets (its text files in TUDataset/NAME/raw)"
    licence = "none stated by the TU collection; free for research"
    reference = "Morris et al. 2020, TUDataset, arXiv:2007.08663"

    def __post_init__(self):
        super().__post_init__()
        if not re.fullmatch(r"[A-Za-z0-9_-]+", self.name):
            raise ValueError(f"name={self.name!r}: allowed is a name of letters, digits, - and _")

    def folder(self, root):
        return root / "TUDataset" / self.name / "raw"

    def files(self, root):
        return tu_files(self.folder(root), self.name)

    def fetch(self, root):
        from torch_geometric.datasets import TUDataset

        TUDataset(str(root / "TUDataset"), self.name)

    def load(self, root):
        return read_tu(self.folder(root), self.name)
