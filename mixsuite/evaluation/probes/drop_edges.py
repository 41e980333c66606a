"""Graphs with missing edges."""

from dataclasses import dataclass

from mixsuite.domains.graphs.fewer_edges import without_edges
from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require


@dataclass(frozen=True)
class DropEdges(Probe):
    """Edges are removed at random, each in both directions; nodes stay.

    share: probability that an edge is removed.
    """

    share: float = 0.1

    domains = ("graphs",)

    def __post_init__(self):
        require(0 <= self.share <= 1, "share", self.share, "0 to 1")

    def disturb(self, x, rows):
        return without_edges(x, self.share, rows.rng, kind="probe edges")
