"""TabM, an ensemble of multilayer perceptrons that share most weights, by its authors' package ``tabm``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model
from mixsuite.models.dropout import Dropout
from mixsuite.models.ensemble import MeanOfMembers


class TabmNet(nn.Module):
    """[N, columns] -> [N, K, outputs] in training, [N, outputs] in evaluation."""

    def __init__(self, net: Any, kind: str) -> None:
        super().__init__()
        self.net, self.members = net, MeanOfMembers(kind)

    def forward(self, x: Tensor) -> Tensor:
        """[N, columns] -> [N, K, outputs], or their mean [N, outputs]."""
        out: Tensor = self.members(self.net(x))
        return out


@dataclass(frozen=True)
class Tabm(Model):
    """k perceptrons that differ by few weights; each has a loss of its own, and they predict by their mean.

    The defaults are the package's. With 5 columns and 3 classes it has 707,328 weights. Categories enter as one column
    a value, which is what the package makes of them. Sites: input, and hidden, the rows of all members [k, columns].

    blocks:  hidden layers.
    width:   units of a hidden layer.
    k:       number of members.
    variant: of the paper: "tabm", "tabm-mini" or "tabm-packed" (members that share nothing).
    """

    blocks: PositiveInt = 3
    width: PositiveInt = 512
    k: PositiveInt = 32
    variant: Literal["tabm", "tabm-mini", "tabm-packed"] = "tabm"
    dropout: Dropout = 0.1

    domains = ("tabular",)
    capturable = True
    requires = ("tabm",)
    sites = {"hidden": "net.backbone"}
    reference = "Gorishniy, Kotelnikov and Babenko 2025, arXiv:2410.24210"

    @property
    def members(self) -> int:
        return self.k

    def build(self, data: Data) -> nn.Module:
        from tabm import TabM

        assert isinstance(data.train.x, Tensor)
        net = TabM.make(
            n_num_features=data.train.x.shape[1], d_out=data.classes, n_blocks=self.blocks, d_block=self.width,
            dropout=self.dropout, k=self.k, arch_type=self.variant,
        )  # fmt: skip
        return TabmNet(net, data.kind)
