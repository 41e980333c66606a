"""Graph isomorphism network. Sites: input, hidden, embedding; of graphs with over 128 nodes embedding alone."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveInt

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.message_passing import Readout, message_passing


@dataclass(frozen=True)
class Gin(Model):
    """Graph isomorphism network: layers of x + A x, Linear, BatchNorm, ReLU; readout, one Linear.

    width:   features of a node behind each layer.
    layers:  number of layers.
    readout: how the nodes of a graph become one row.
    """

    width: PositiveInt = 32
    layers: PositiveInt = 3
    readout: Readout = "sum"
    dropout: Dropout = 0.0

    domains = ("graphs",)
    stackable = True
    reference = "Xu et al. 2019, arXiv:1810.00826"

    def build(self, data: Data) -> Staged:
        return message_passing("gin", data, self.dropout, self.width, self.layers, self.readout)
