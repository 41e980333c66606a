"""The residual net for tables of Gorishniy et al. 2021, by its authors' package ``rtdl_revisiting_models``."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveFloat, PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model
from mixsuite.models.dropout import Dropout


@dataclass(frozen=True)
class TabularResnet(Model):
    """Blocks of BatchNorm, Linear, ReLU, dropout, Linear, each with a shortcut, behind one Linear.

    The defaults are our choice within the authors' search space. With 5 columns and 3 classes it has 199,939 weights.
    Sites: input; hidden, before the first block; embedding, before the last norm.

    blocks:  number of blocks.
    width:   numbers of a row between blocks.
    widen:   a block's inner width, in units of ``width``.
    dropout: within a block; the authors' dropout of a whole block is left at 0.
    """

    blocks: PositiveInt = 3
    width: PositiveInt = 128
    widen: PositiveFloat = 2.0
    dropout: Dropout = 0.0

    domains = ("tabular",)
    capturable = True
    requires = ("rtdl_revisiting_models",)
    sites = {"hidden": "blocks.0", "embedding": "output"}
    reference = "Gorishniy et al. 2021, arXiv:2106.11959"

    def build(self, data: Data) -> nn.Module:
        from rtdl_revisiting_models import ResNet

        assert isinstance(data.train.x, Tensor)
        net: nn.Module = ResNet(
            d_in=data.train.x.shape[1], d_out=data.classes, n_blocks=self.blocks, d_block=self.width,
            d_hidden_multiplier=self.widen, dropout1=self.dropout, dropout2=0.0,
        )  # fmt: skip
        return net
