"""Nets of other libraries as stages: pieces that their plugins share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from mixsuite.errors import InputError
from mixsuite.plugins.entry import Params

_WORDS = {"none": None, "None": None}


def keywords(others: Params) -> dict[str, Any]:
    """Further parameters as a library's function takes them; the word none is None, and lists are lists."""
    plain = {key: _WORDS.get(value, value) if isinstance(value, str) else value for key, value in others}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


class Rgb(nn.Module):
    """Grey pictures with their channel three times, for nets that take three."""

    def forward(self, x: Tensor) -> Tensor:
        """[N, 1 or 3, H, W] -> [N, 3, H, W].

        Raises:
            InputError: there is another number of channels.
        """
        if x.shape[1] not in (1, 3):
            raise InputError(f"pictures of {x.shape[1]} channels: this net takes 1 or 3")
        return x.expand(-1, 3, -1, -1)


class Part(nn.Module):
    """A part of a net as a stage.

    run:  (net, state [N, ...]) -> state [N, ...].
    owns: whether the net's weights belong to this stage; they belong to one of a net's parts alone.
    """

    def __init__(self, net: nn.Module, run: Callable[[Any, Tensor], Any], owns: bool = False) -> None:
        super().__init__()
        self.run = run
        if owns:
            self.net = net
        else:
            self.__dict__["net"] = net  # no submodule, so that no weight is there twice

    def forward(self, h: Tensor) -> Tensor:
        """[N, ...] -> [N, ...]."""
        out: Tensor = self.run(self.net, h)
        return out


def last_linear(net: nn.Module) -> str:
    """The name of the last Linear in a net, whose input is what the net has made of a row; "" if there is none."""
    names = [name for name, layer in net.named_modules() if isinstance(layer, nn.Linear)]
    return names[-1] if names else ""
