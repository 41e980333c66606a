"""Edges left out (DropEdge: Rong, Huang, Xu and Huang 2020, arXiv:1907.10903)."""

from dataclasses import dataclass

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.graphs.fewer_edges import without_edges


@dataclass(frozen=True)
class DropEdges(Augmentation):
    """Each edge is left out with a chance, both of its directions together; nodes stay.

    share: the chance (0.1 is our choice).
    """

    share: float = 0.1

    domains = ("graphs",)

    def __post_init__(self):
        if not 0 <= self.share < 1:
            raise ValueError(f"share={self.share}: allowed is from 0 to below 1")

    def augment(self, x, rng, seen):
        """Graphs (features [B, V, F], adjacency [B, V, V], mask [B, V, 1]), or ragged ones."""
        return without_edges(x, self.share, rng, kind="drop_edges")
