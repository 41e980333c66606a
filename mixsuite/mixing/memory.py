"""What a method remembers between the steps of one run."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from mixsuite.mixing.method import Batch, Method, TrainInfo


def has_memory(method: Method) -> bool:
    """Whether a method writes ``memory``."""
    return type(method).memory is not Method.memory


def memory_of(method: Method, net: nn.Module, train: TrainInfo | None, device: torch.device) -> nn.Module | None:
    """Make a method's memory of a run, on a device.

    Raises:
        TypeError: it is no torch module, or something in it cannot be saved.
    """
    memory: Any = method.memory(net, train)
    if memory is None:
        return None
    if not isinstance(memory, nn.Module):
        raise TypeError(f"memory() must return a torch module or None, returned a {type(memory).__name__}")
    if memory is net or any(part is net for part in memory.modules()):
        raise TypeError("memory() keeps the model itself: copy it (copy.deepcopy), so that it can differ")
    return memory.to(device)


class Remembered:
    """The memory of a method in a user's loop: made at the first step, kept in checkpoints.

    memory: the module, once there was a step.
    last:   what the last step saw; the weights have moved since when the next one begins, or a checkpoint is made.
    """

    def __init__(self, method: Method, name: str) -> None:
        self.method, self.name = method, name
        self.memory: nn.Module | None = None
        self.last: Batch | None = None
        self._model: Callable[[], nn.Module | None] = lambda: None
        self._saved: dict[str, Any] | None = None  # of a checkpoint, until the model is there

    def look(self, model: nn.Module, train: TrainInfo | None) -> None:
        """Make the memory at the first step; at others let the method look at the model's weights."""
        if self.memory is None:
            weight = next(model.parameters(), torch.zeros(()))
            self.memory = memory_of(self.method, model, train, weight.device)
            if self.memory is not None and self._saved is not None:
                load_memory(self.memory, self._saved)
        elif self.last is not None:
            self.method.remember(self.last, model)
        self.last, self._model = None, weakref.ref(model)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: the memory as the next step finds it; nothing before the first step."""
        if self.memory is None:
            return {}
        memory, model = self.memory, self._model()
        if self.last is not None and model is not None:
            memory = copy.deepcopy(memory)
            self.method.remember(self.last._replace(memory=memory), model)
        return {"memory": memory.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint.

        Raises:
            ValueError: it has no memory, or another one.
        """
        if state["step"] and "memory" not in state:
            raise ValueError(f"this state of step {state['step']} has no memory, which {self.name} has")
        self._saved, self.last = state.get("memory"), None
        if self.memory is not None and self._saved is not None:
            load_memory(self.memory, self._saved)


def load_memory(memory: nn.Module, state: dict[str, Any]) -> None:
    """Load what a checkpoint kept of a memory.

    Raises:
        ValueError: it is of another memory.
    """
    try:
        memory.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"this state's memory does not fit: {' '.join(str(error).split())[:200]}") from None
