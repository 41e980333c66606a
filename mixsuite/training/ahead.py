"""Plans drawn ahead: on the host, for a block of steps, and moved to the device together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from mixsuite.mixing import Method, Plan
from mixsuite.mixing.plan import distinct
from mixsuite.training.checkpoint import between
from mixsuite.training.nested import moved_together, tensors_in

STEPS = 64  # steps in a block
_VALUES = 2**22  # numbers in the plans of a block, after which it ends early


class Drawn(NamedTuple):
    """What a step draws.

    plans: one plan, or one for each run.
    more:  [M] numbers of rows from outside the batch; None for none.
    """

    plans: tuple[Plan, ...]
    more: Tensor | None = None


def draws_ahead(method: Method) -> bool:
    """Whether a method's plans depend on nothing that the training itself makes: then they can be drawn before it."""
    return not method.needs_x and type(method).memory is Method.memory


class PlansAhead:
    """The plans of a run's steps, in order.

    Drawing takes many small operations, which a GPU begins more slowly than a processor does them. Moved one by one,
    their numbers would make the processor wait.

    draw:   what a step draws, on the host; None where the method is inactive.
    steps:  number of steps in all.
    device: where it goes.
    """

    def __init__(self, draw: Callable[[int], Drawn | None], steps: int, device: torch.device) -> None:
        self._draw, self._steps, self._device = draw, steps, device
        self._first, self._block = 0, list[Drawn | None]()

    def at(self, step: int) -> Drawn | None:
        """What a step draws, on the device. Each step is asked for once, and after those before it."""
        if step >= self._first + len(self._block):
            self._first, self._block = step, self._drawn(step)
        return self._block[step - self._first]

    def _drawn(self, step: int) -> list[Drawn | None]:
        if self._device.type == "cpu":
            return [self._draw(step)]
        block, values = list[Drawn | None](), 0
        while len(block) < STEPS and step + len(block) < self._steps and values < _VALUES:
            if block and between(step + len(block)):
                break  # what a checkpoint holds ends with the steps before it
            drawn = self._draw(step + len(block))
            values += sum(distinct(tensor).numel() for tensor in tensors_in(drawn))
            block.append(drawn)
        return list(moved_together(tuple(block), self._device))
