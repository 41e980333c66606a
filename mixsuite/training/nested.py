"""Tensors within tuples, named tuples and dicts: take them out in order, and put others in their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch import Tensor

from mixsuite.mixing.plan import distinct

Nested = TypeVar("Nested")


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors within a value, in order; whatever is no tensor, tuple or dict is passed over."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(part)


def with_tensors(value: Nested, tensors: Iterable[Tensor]) -> Nested:
    """The same value with other tensors in the places of its own, in the order of ``tensors_in``."""
    placed: Nested = _put(value, iter(tensors))
    return placed


def _put(value: Any, tensors: Iterator[Tensor]) -> Any:
    if isinstance(value, Tensor):
        return next(tensors)
    if isinstance(value, dict):
        return {key: _put(part, tensors) for key, part in value.items()}
    if isinstance(value, tuple):
        parts = [_put(part, tensors) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def moved_together(value: Nested, device: torch.device) -> Nested:
    """A value whose tensors are moved to a device, with one transfer for each type of number.

    Expanded axes are moved once and expanded there.
    """
    tensors = list(tensors_in(value))
    if all(tensor.device == device for tensor in tensors):
        return value
    once = [distinct(tensor) for tensor in tensors]
    moved = list(once)
    for dtype in dict.fromkeys(tensor.dtype for tensor in once):
        places = [place for place, tensor in enumerate(once) if tensor.dtype == dtype]
        flat = torch.cat([once[place].reshape(-1) for place in places])
        flat = (flat.pin_memory() if device.type == "cuda" else flat).to(device, non_blocking=True)
        parts = flat.split([once[place].numel() for place in places])
        for place, part in zip(places, parts, strict=True):
            moved[place] = part.reshape(once[place].shape)
    return with_tensors(value, [part.expand(tensor.shape) for part, tensor in zip(moved, tensors, strict=True)])
