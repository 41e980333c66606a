"""FT-Transformer for tables (Gorishniy et al. 2021), by its authors' package ``rtdl_revisiting_models``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model
from mixsuite.models.dropout import Dropout


class Tokens(nn.Module):
    """One token for each source column, and one more before them whose output is the row's.

    A number x becomes x w + b; a category becomes its own vector plus b, and a mixture of categories the mixture of
    their vectors (equation (1) of the paper, for shares). Weights are drawn as the authors draw them.
    """

    belongs: Tensor

    def __init__(self, groups: tuple[int, ...], size: int) -> None:
        super().__init__()
        one_hot = nn.functional.one_hot(torch.tensor(groups)).float()
        self.register_buffer("belongs", one_hot[:, :, None], persistent=False)
        bound = size**-0.5
        self.weight = nn.Parameter(torch.empty(len(groups), 1, size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(one_hot.shape[1], size).uniform_(-bound, bound))
        self.first = nn.Parameter(torch.empty(1, size).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """[N, encoded columns] -> [N, 1 + source columns, size]."""
        table = (self.belongs * self.weight).flatten(1)
        columns = (x @ table).unflatten(1, self.bias.shape) + self.bias
        return torch.cat([self.first.expand(len(x), 1, -1), columns], 1)


class FtNet(nn.Module):
    """[N, encoded columns] -> [N, outputs]."""

    def __init__(self, tokens: Tokens, backbone: nn.Module) -> None:
        super().__init__()
        self.tokens, self.backbone = tokens, backbone

    def forward(self, x: Tensor) -> Tensor:
        """[N, encoded columns] -> [N, outputs]."""
        out: Tensor = self.backbone(self.tokens(x))
        return out


@dataclass(frozen=True)
class FtTransformer(Model):
    """Attention between the tokens of a row's columns.

    The defaults are the authors' for three blocks, with half their width. With 5 columns and 3 classes it has 225,891
    weights. Sites: input; hidden, the tokens [1 + columns, width].

    blocks:  of attention and a perceptron.
    width:   of a token, a multiple of ``heads``.
    heads:   of attention.
    dropout: within the perceptrons; that of attention is twice as much (0.1 and 0.2 by the authors).
    """

    blocks: PositiveInt = 3
    width: PositiveInt = 96
    heads: PositiveInt = 8
    dropout: Dropout = 0.1

    domains = ("tabular",)
    capturable = True
    requires = ("rtdl_revisiting_models",)
    sites = {"hidden": "backbone"}
    reference = "Gorishniy et al. 2021, arXiv:2106.11959"

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"width={self.width}: allowed is a multiple of heads={self.heads}")

    def build(self, data: Data) -> nn.Module:
        from rtdl_revisiting_models import FTTransformerBackbone

        assert isinstance(data.train.x, Tensor)
        groups = data.groups or tuple(range(data.train.x.shape[1]))
        backbone = FTTransformerBackbone(
            d_out=data.classes, n_blocks=self.blocks, d_block=self.width, attention_n_heads=self.heads,
            attention_dropout=min(2 * self.dropout, 0.9), ffn_d_hidden_multiplier=4 / 3, ffn_dropout=self.dropout,
            residual_dropout=0.0,
        )  # fmt: skip
        return FtNet(Tokens(groups, self.width), backbone)
