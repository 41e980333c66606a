"""A small vision transformer for small pictures, by timm. Sites: input, hidden, middle, embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import PositiveInt
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.errors import InputError
from mixsuite.models.adapted import Part
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout


@dataclass(frozen=True)
class VitTiny(Model):
    """ViT of small pictures: patches of 4 pixels, a class token, learned positions; timm's VisionTransformer.

    Width and heads are those of DeiT's smallest net, arXiv:2012.12877; the patch of 4 pixels for pictures of 32 is our
    choice. With its defaults, three channels, 32 pixels and ten classes it has 5,362,762 weights. ``hidden`` is behind
    patches and positions, ``middle`` behind the first half of the blocks, ``embedding`` before the last layer.

    patch:     pixels of a patch along each side; height and width must be multiples of it.
    width:     numbers of a token.
    depth:     number of blocks.
    heads:     number of heads, a divisor of width.
    dropout:   behind attention and in the MLP of a block, where timm has its proj_drop.
    drop_path: stochastic depth of the last block; it grows linearly from 0 over the blocks.
    """

    patch: PositiveInt = 4
    width: PositiveInt = 192
    depth: PositiveInt = 12
    heads: PositiveInt = 3
    dropout: Dropout = 0.0
    drop_path: Dropout = 0.0

    domains = ("images",)
    capturable = True
    requires = ("timm",)
    reference = "Dosovitskiy et al. 2021, arXiv:2010.11929"

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"heads={self.heads}: allowed is a divisor of width, {self.width}")

    def build(self, data: Data) -> Staged:
        from timm.models.vision_transformer import VisionTransformer

        assert isinstance(data.train.x, Tensor)
        _, channels, height, width = data.train.x.shape
        if height % self.patch or width % self.patch:
            raise InputError(f"patch={self.patch}: pictures of {[height, width]} are no multiples of it")
        net = VisionTransformer(
            img_size=(height, width),
            patch_size=self.patch,
            in_chans=channels,
            num_classes=data.classes,
            embed_dim=self.width,
            depth=self.depth,
            num_heads=self.heads,
            proj_drop_rate=self.dropout,
            drop_path_rate=self.drop_path,
        )
        half = self.depth // 2
        parts = [
            Part(net, _tokens, owns=True),
            Part(net, lambda net, h: net.blocks[:half](h)),
            Part(net, lambda net, h: net.forward_head(net.norm(net.blocks[half:](h)), pre_logits=True)),
            Part(net, lambda net, h: net.head(h)),
        ]
        return Staged(parts, {"input": 0, "hidden": 1, "middle": 2, "embedding": 3})


def _tokens(net: Any, x: Tensor) -> Any:
    return net.norm_pre(net.patch_drop(net._pos_embed(net.patch_embed(x))))
