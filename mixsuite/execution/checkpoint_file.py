"""The checkpoint of a training as a file, <out>/checkpoints/<run>-<key>.pt."""

from __future__ import annotations

import pickle
import time
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from mixsuite.errors import InputError
from mixsuite.results.files import write_whole
from mixsuite.training.checkpoint import Stopped

SECONDS = 60.0  # from one checkpoint that is written to the next


@dataclass
class CheckpointFile:
    """A checkpoint in a file, which is written whole or not at all.

    path:  of the file.
    until: when the training stops, in seconds as ``time.time`` counts; None: at its end.
    apart: seconds from one that is written to the next.
    """

    path: Path
    until: float | None = None
    apart: float = SECONDS
    _last: float = field(default_factory=lambda: time.monotonic())

    @property
    def name(self) -> str:
        """As messages call it."""
        return str(self.path)

    def load(self, device: torch.device) -> dict[str, Any] | None:
        """As ``Checkpoint.load``. Nothing of what a stranger may have put there is executed."""
        if not self.path.exists():
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch has words for files of strangers that this one line says
                state: dict[str, Any] = torch.load(self.path, map_location=device, weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError):
            raise InputError(f"{self.path}: damaged, or no checkpoint; remove it to begin anew") from None
        return state

    def due(self) -> bool:
        """As ``Checkpoint.due``."""
        return self._over() or time.monotonic() - self._last >= self.apart

    def keep(self, state: dict[str, Any]) -> None:
        """As ``Checkpoint.keep``."""
        write_whole(self.path, partial(torch.save, state))
        self._last = time.monotonic()
        if self._over():
            raise Stopped(f"stopped before step {state['step'] + 1}")

    def _over(self) -> bool:
        return self.until is not None and time.time() >= self.until
