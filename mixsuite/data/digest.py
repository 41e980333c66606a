"""Digests of arrays, tensors and frames: what a run saw, in 16 hex digits of sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from mixsuite.data.streamed import RowReader


def update(state: hashlib._Hash, value: Any) -> None:
    """Feed a value, with its type and shape, into a running hash."""
    if isinstance(value, RowReader):
        value = value.identity
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().contiguous().numpy()
    if isinstance(value, np.ndarray) and value.dtype != object:
        state.update(f"{value.dtype.str}{value.shape}".encode())
        state.update(np.ascontiguousarray(value).data)
    elif hasattr(value, "columns"):  # a pandas frame
        for name in value.columns:
            column = value[name].to_numpy()
            update(state, str(name))
            update(state, column if column.dtype.kind in "biuf" else "\x1f".join(map(str, column)))
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            update(state, item)
        state.update(b"|")
    else:
        state.update(f"{type(value).__name__}:{value};".encode())


def digest(*values: Any) -> str:
    """The sha256 of the values, in 16 hex digits. One changed bit changes it."""
    state = hashlib.sha256()
    update(state, values)
    return state.hexdigest()[:16]
