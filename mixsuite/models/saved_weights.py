"""Weights from a file, from which a model starts instead of those that its seed would draw (fine-tuning)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mixsuite.errors import InputError
from mixsuite.models.base import Staged


@dataclass(frozen=True)
class SavedWeights:
    """A file of weights, and the first 16 hex digits of its sha256, by which a run knows it."""

    path: Path
    digest: str

    @classmethod
    def of(cls, path: Path) -> SavedWeights:
        """A file of weights as it is now.

        Raises:
            InputError: it cannot be read.
        """
        return cls(path.absolute(), _digest(_bytes(path)))

    def load_into(self, net: Staged) -> None:
        """Put the file's tensors into a net.

        Names are those of ``--save-weights``, or those of a module of somebody's own or of timm that the net holds.
        Every tensor must be the net's, and every one of the net's must be there; only the layer that the net
        names last stays as the seed has drawn it where the number of its outputs, the first axis, is another one.

        Raises:
            InputError: the file has changed, holds no weights, or does not fit.
        """
        content = _bytes(self.path)
        if _digest(content) != self.digest:
            raise InputError(f"weights {self.path}: the file has changed since the call began; run it again")
        given, own = _tensors(self.path, content), net.state_dict()
        if not given.keys() & own.keys():
            prefix = _prefix(own, given)
            given = {prefix + name: value for name, value in given.items()}
        layer = list(own)[-1].rpartition(".")[0]
        last = {name for name in own if name.rpartition(".")[0] == layer}
        wider = last <= given.keys() and all(own[n].shape[1:] == given[n].shape[1:] for n in last)
        left = last if wider and any(own[n].shape != given[n].shape for n in last) else set()
        wrong = [_odd(name, own.get(name), given.get(name)) for name in sorted((own.keys() | given.keys()) - left)]
        odd = [text for text in wrong if text]
        if odd:
            more = f", and {len(odd) - 1} more" if len(odd) > 1 else ""
            raise InputError(f"weights {self.path}: {odd[0]}{more}")
        with torch.no_grad():
            for name in own.keys() - left:
                own[name].copy_(given[name])


def _prefix(own: Iterable[str], given: Iterable[str]) -> str:
    """What stands before a module's own names in the net that holds it; "" if it holds no such module."""
    first = next(iter(given))
    return next((name[: -len(first)] for name in own if name.endswith(f".{first}")), "")


def _odd(name: str, own: Tensor | None, given: Tensor | None) -> str:
    """What is wrong with a tensor of the file; "" if it fits."""
    if own is None:
        return f"'{name}' is no tensor of the model"
    if given is None:
        return f"'{name}' of the model is not in it"
    if own.shape != given.shape:
        return f"'{name}' is {list(given.shape)} in it and {list(own.shape)} in the model"
    if not bool(given.isfinite().all()):
        return f"'{name}' has values that are not finite"
    return ""


def _tensors(path: Path, content: bytes) -> dict[str, Tensor]:
    """The named tensors of a file that torch.save has written; nothing in it is executed.

    Raises:
        InputError: it is no such file, or holds something else.
    """
    try:
        value = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        what = " ".join(str(error).split())[:120]
        raise InputError(f"weights {path}: not a file of torch.save that holds tensors alone: {what}") from None
    if isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), dict):
        value = next(iter(value.values()))  # {"state_dict": {...}}
    good = isinstance(value, dict) and value
    if not good or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in value.items()):
        raise InputError(f"weights {path}: it holds no named tensors, as a module's state_dict() gives them")
    return dict(value)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"weights {path}: cannot be read: {error.strerror}") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
