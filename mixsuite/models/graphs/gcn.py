"""Graph convolutional network. Sites: input, hidden, embedding; of graphs with over 128 nodes embedding alone."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveInt

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.message_passing import Readout, message_passing


@dataclass(frozen=True)
class Gcn(Model):
    """Graph convolutional network, with BatchNorm and ReLU; readout, one Linear.

    width:   features of a node behind each layer.
    layers:  number of layers.
    readout: how the nodes of a graph become one row.
    """

    width: PositiveInt = 32
    layers: PositiveInt = 3
    readout: Readout = "mean"
    dropout: Dropout = 0.0

    domains = ("graphs",)
    stackable = True
    reference = "Kipf and Welling 2017, arXiv:1609.02907"

    def build(self, data: Data) -> Staged:
        return message_passing("gcn", data, self.dropout, self.width, self.layers, self.readout)
