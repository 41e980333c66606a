"""Checkpoints: what a training has come to by a step, from which it goes on as if it had never stopped.

Draws are functions of seed and step, so a checkpoint holds only what the training itself has made: weights, the
optimiser's state, the method's memory, the log, and the best weights so far.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch

from mixsuite.errors import InputError

APART = 512  # steps from one place where a training can be stopped to the next, whether or not it is


class Stopped(Exception):
    """The time is up; the checkpoint is kept, from which the training goes on."""


class Part(Protocol):
    """A part of a training that has a state, as torch's modules and optimisers have."""

    def state_dict(self) -> Mapping[str, Any]:
        """Everything that the training has changed: tensors, numbers and text, in dictionaries and lists."""

    def load_state_dict(self, state: Mapping[str, Any], /) -> object:
        """Go on from a state."""


class Checkpoint(Protocol):
    """Where the checkpoint of one training is kept."""

    @property
    def name(self) -> str:
        """As messages call it."""

    def load(self, device: torch.device) -> dict[str, Any] | None:
        """What was kept last, with its tensors on a device; None for nothing.

        Raises:
            InputError: it cannot be read.
        """

    def due(self) -> bool:
        """Whether it is time to keep one."""

    def keep(self, state: dict[str, Any]) -> None:
        """Keep a state in place of the last one.

        Raises:
            Stopped: it is kept, and the time is up.
            InputError: it cannot be kept.
        """


def between(step: int) -> bool:
    """Whether a training can be stopped before this step."""
    return step > 0 and step % APART == 0


class Kept:
    """A training's checkpoint, if it has one, and its clock.

    The parts are brought to where the checkpoint was kept.

    begun: the step to go on with.

    Raises:
        InputError: the checkpoint cannot be read, or is not of this training.
    """

    def __init__(self, checkpoint: Checkpoint | None, parts: Mapping[str, Part], device: torch.device) -> None:
        self._checkpoint, self._parts = checkpoint, parts
        self.begun, self._before = 0, 0.0
        if checkpoint is not None and (state := checkpoint.load(device)) is not None:
            try:
                for name, part in parts.items():
                    part.load_state_dict(state["parts"][name])
                self.begun, self._before = int(state["step"]), float(state["seconds"])
            except (RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
                what = str(error).partition("\n")[0]
                raise InputError(f"{checkpoint.name}: not of this run ({what}); remove it to begin anew") from None
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those before it was stopped included."""
        return self._before + time.perf_counter() - self._started

    def at(self, step: int, link: Callable[[], None]) -> None:
        """Before a step: where a training can be stopped, call ``link``, and keep what there is if it is time.

        Raises:
            Stopped: the time is up.
        """
        if step > self.begun and between(step):
            link()
            if self._checkpoint is not None and self._checkpoint.due():
                parts = {name: dict(part.state_dict()) for name, part in self._parts.items()}
                self._checkpoint.keep({"step": step, "seconds": self.seconds, "parts": parts})
