"""Your own graphs as edge lists, edges:PATH."""

from dataclasses import dataclass, field
from typing import Literal

from mixsuite.domains import Dataset
from mixsuite.domains.base import own_path
from mixsuite.domains.graphs.datasets._edges import edge_files, read_edges


@dataclass(frozen=True)
class Edges(Dataset):
    """Your own graphs in a folder with graphs.csv (graph,label), edges.csv (graph,source,target) and nodes.csv or none.

    nodes.csv has graph,node and a column of numbers for each feature; it may be left out if every node has an edge.
    Nodes are numbered 0, 1, 2, ... in each graph. Edges have no direction: a,b and b,a are one. Nodes without features
    get their degree.

    path: the folder, as in edges:data/molecules.
    kind: of the labels: "class" (any texts) or "regression" (numbers).
    """

    path: str
    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]

    domain = "graphs"
    recipe = "tu_gin"
    arguments = ("path",)
    source = "a folder of your own"
    licence = "the folder's own"

    def files(self, root):
        return edge_files(own_path(self.path))

    def missing(self, path):
        return f"folder '{self.path}': {path.name} does not exist; wanted are graphs.csv and edges.csv"

    def load(self, root):
        return read_edges(own_path(self.path), self.kind)
