"""A model: the plugin that builds a net, and the net as stages with named sites."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.data.state import State, first_leaf, num_rows
from mixsuite.errors import InputError
from mixsuite.mixing.inside import run_watched


@dataclass(frozen=True)
class Model(ABC):
    """A net by name, with its parameters. Write ``build``.

    Class literals describe it, and can be read without importing it:
    domains   domains it is made for, by name; () means that it looks at the data itself.
    requires  packages that it imports, beyond its domain's.
    sites     for a net that ``build`` returns as one module: site -> name of the submodule whose input is mixed there.
              The site "input" is there without being named.
    stackable whether several seeds may train as one: each row is treated alone, but for norms over the batch, and
              nothing is drawn in forward, but by dropout. Not declared, runs train one after another.
    capturable whether all that changes in forward from one batch to the next is within tensors, but for dropout: then
              a GPU may record a step and replay it. Not declared, it is as ``stackable`` is.
    reference the paper.
    arguments parameters that may stand as name:VALUE.
    takes_others  whether the field ``others`` takes parameters that are not declared, for another library's builder.
    """

    domains: ClassVar[tuple[str, ...]] = ()
    requires: ClassVar[tuple[str, ...]] = ()
    sites: ClassVar[dict[str, str]] = {}
    stackable: ClassVar[bool] = False
    capturable: ClassVar[bool | None] = None
    reference: ClassVar[str] = ""
    arguments: ClassVar[tuple[str, ...]] = ()
    takes_others: ClassVar[bool] = False

    @property
    def members(self) -> int:
        """Predictions a row in training."""
        return 1

    @abstractmethod
    def build(self, data: Data) -> nn.Module:
        """Build the net with its initial weights, drawn from torch's generator, which the seed has set.

        Args:
            data: gives the sizes: ``data.train.x`` is a tensor [n, ...] or a tuple of such, ``data.classes`` the number
                of outputs.

        Returns:
            A ``Staged`` net, which every method can mix at every site; or any module that takes a batch (of several
            leaves: each as an argument) and returns outputs [N, classes], or an object with ``logits``.
        """


class Staged(nn.Module):
    """A net as a tuple of stages; a site is a name for the gap before a stage.

    stages: the modules that run one after another.
    sites:  name -> number of stages before it.
    num_fixed_stages: number of first stages that have no weights and treat each row alone, such as a spectrogram: the
            trainer may run them once instead of at every step.
    inner:  further sites within a stage: name -> name of the submodule whose input is mixed.
    draws:  whether the net may draw random numbers in training, as dropout does.
    stackable: whether several seeds may train as one.
    capturable: whether a step may be recorded and replayed.
    members: number of predictions a row in training, [N, members, outputs], each with a loss of its own; in evaluation
            they are one, [N, outputs].
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        sites: dict[str, int],
        num_fixed_stages: int = 0,
        inner: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.sites, self.num_fixed_stages, self.inner = sites, num_fixed_stages, inner or {}
        self.stackable = self.capturable = True
        self.members = 1

    @property
    def draws(self) -> bool:
        """Whether the net may draw random numbers in training."""
        dropout = (nn.modules.dropout._DropoutNd, nn.MultiheadAttention)
        return not self.stackable or any(
            isinstance(layer, dropout) and float(getattr(layer, "p", 0) or getattr(layer, "dropout", 0)) > 0
            for layer in self.modules()
        )

    def forward(self, h: State, start: int = 0, stop: int | None = None) -> Any:
        """Run stages start .. stop-1 on a state [N, ...]; the last stage gives the outputs [N, outputs]."""
        for stage in list(self.stages)[start:stop]:
            h = stage(h)
        return h


class OneModule(nn.Module):
    """Any module as the stage of a net: several leaves are its arguments, and outputs come as a tensor."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, h: State) -> Any:
        """A state [N, ...] -> outputs [N, outputs]."""
        out = self.module(*h) if isinstance(h, tuple) else self.module(h)
        return getattr(out, "logits", out)


def as_staged(net: nn.Module, model: Model) -> Staged:
    """A net as stages, whichever form ``build`` gave it.

    Raises:
        InputError: it is no module, or a site names a submodule that there is not.
    """
    what = type(model).__name__
    if not isinstance(net, nn.Module):
        raise InputError(f"{what}: build() must return a torch module, returned {type(net).__name__}")
    if not isinstance(net, Staged):
        names = dict(net.named_modules())
        for site, name in model.sites.items():
            if name not in names or not name:
                allowed = ", ".join(filter(None, names))
                raise InputError(f"{what}: site '{site}' names '{name}', which is no submodule (allowed: {allowed})")
        inner = {site: f"stages.0.module.{name}" for site, name in model.sites.items()}
        net = Staged([OneModule(net)], {"input": 0}, inner=inner)
    net.stackable, net.members = model.stackable, model.members
    net.capturable = model.stackable if model.capturable is None else model.capturable
    return net


def state_at(model: Staged, site: str, x: State) -> State:
    """What is mixed at a site: the state there, or what enters the site's submodule. x: [N, ...] -> [N, ...].

    Raises:
        InputError: the submodule cannot be mixed: it does not run exactly once, or gets no rows.
    """
    if site in model.sites:
        h: State = model(x, 0, model.sites[site])
        return h
    try:
        state, _ = run_watched(site, model.get_submodule(model.inner[site]), num_rows(x), lambda: model(x))
    except ValueError as error:
        raise InputError(str(error)) from None
    return state


def site_shapes(model: Staged, x: State) -> dict[str, tuple[int, ...]]:
    """Map each site to the shape of one row of its first leaf, by running the rows x in eval mode.

    Raises:
        InputError: a site within a stage cannot be mixed: its module does not run exactly once, or gets no rows.
    """
    training = model.training
    model.eval()
    shapes = {}
    with torch.no_grad():
        for name, stop in model.sites.items():
            h = model(x, 0, stop)
            shapes[name] = tuple(first_leaf(h).shape[1:])
        for name in model.inner:
            shapes[name] = tuple(first_leaf(state_at(model, name, x)).shape[1:])
    model.train(training)
    return shapes
