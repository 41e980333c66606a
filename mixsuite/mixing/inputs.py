"""What a user's loop hands to a Mixer, and what its model gives back, in the forms that the engine takes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from mixsuite.mixing.engine import State
from mixsuite.plugins.kinds import DOMAIN, builtin_files
from mixsuite.plugins.load import Source, load_class

F = TypeVar("F", bound=Callable[..., Any])
Output = str | int | Callable[[Any], Tensor] | None


class Unprepared(dict[str, Tensor]):
    """The statistics of a method before ``prepare``: looking one up is an error."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    def __missing__(self, key: str) -> Tensor:
        raise ValueError(
            f"{self.method} looks at the training part once: call mixer.prepare(x, y) before the first step"
        )


def is_whole(value: object) -> bool:
    """Whether a value is a whole number; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def uncompiled(function: F) -> F:
    """A function that runs as it stands when the step that calls it is compiled, which would keep its first draws.

    The model that it calls is not compiled then either: to have that, compile the model, and not the step.
    """
    return torch.compiler.disable(function) if torch.compiler.is_compiling() else function


def refuse_loader_worker(name: str) -> None:
    """Refuse to draw in a worker of a DataLoader.

    Each worker has a copy of the mixer, so all would draw the same, in every epoch anew, and the step that a checkpoint
    keeps would stay 0.

    Raises:
        ValueError: this process is such a worker.
    """
    if torch.utils.data.get_worker_info() is not None:
        raise ValueError(
            f"{name} is called in a DataLoader's worker, where every worker and every epoch would draw the same: "
            "call it in the training loop, on the batch that the loader gives (or use num_workers=0)"
        )


def leaves_of(x: Any) -> State:
    """The leaves of an input, to be mixed alike: numbers as they are; bool, uint8 and later integer leaves as float.

    Args:
        x: a tensor [B, ...], or a tuple, list or dict of such.

    Raises:
        ValueError: another type, leaves of unlike numbers of rows, or integers, which are names of something and cannot
            be mixed, unless they are a later leaf that is a mask of 0 and 1.
    """
    given = tuple(x.values()) if isinstance(x, Mapping) else tuple(x) if isinstance(x, tuple | list) else (x,)
    if not given or not all(isinstance(leaf, Tensor) and leaf.dim() for leaf in given):
        what = type(x).__name__ if not isinstance(x, Mapping | tuple | list) else f"{type(x).__name__} of other things"
        raise ValueError(f"x is a {what}: mixing at the input takes tensors; name a site inside the model, site=...")
    if any(leaf.layout != torch.strided for leaf in given):
        raise ValueError("x is sparse: mixing at the input takes dense tensors, x.to_dense(); or name a site, site=...")
    if len({len(leaf) for leaf in given}) > 1:
        raise ValueError(
            f"the leaves of x have {', '.join(str(len(leaf)) for leaf in given)} rows: all must have as many"
        )
    first = given[0]
    if not first.is_floating_point() and first.dtype not in (torch.bool, torch.uint8):
        raise ValueError(
            f"x is {first.dtype}: only numbers with a fraction can be mixed; make it float, or mix tokens "
            "behind the embedding: site=..."
        )
    dtype = first.dtype if first.is_floating_point() else torch.get_default_dtype()
    for leaf in given[1:]:
        if not leaf.is_floating_point() and leaf.dtype != torch.bool and bool(((leaf < 0) | (leaf > 1)).any()):
            raise ValueError(
                f"a leaf of {leaf.dtype} is no mask of 0 and 1: tokens are mixed behind their embedding, site=..."
            )
    leaves = tuple(leaf if leaf.is_floating_point() else leaf.to(dtype) for leaf in given)
    return leaves if isinstance(x, tuple | list | Mapping) else leaves[0]


def in_form_of(x: Any, leaves: State) -> Any:
    """Leaves in the form of the input that they are from: a tensor, a (named) tuple, a list or a mapping."""
    if isinstance(x, Mapping):
        filled: Any = copy.copy(x)
        for name, leaf in zip(x, leaves, strict=True):
            filled[name] = leaf
        return filled
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*leaves)
    return list(leaves) if isinstance(x, list) else leaves


def keep_layout(mixed: State, x: State) -> State:
    """Mixed leaves in the memory format of their originals (channels_last)."""
    if isinstance(mixed, tuple):
        return tuple(_like(a, b) for a, b in zip(mixed, x, strict=True))
    assert isinstance(x, Tensor)
    return _like(mixed, x)


def _like(mixed: Tensor, x: Tensor) -> Tensor:
    form = {4: torch.channels_last, 5: torch.channels_last_3d}.get(x.dim())
    if form is None or x.is_contiguous() or not x.is_contiguous(memory_format=form):
        return mixed
    return mixed.contiguous(memory_format=form)


def call(model: nn.Module, x: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Call a model: a tuple or list of leaves by position, a dict by name, anything else as the first argument."""
    if isinstance(x, Mapping):
        return model(*args, **x, **named)
    return model(*(x if isinstance(x, tuple | list) else (x,)), *args, **named)


def output_of(out: Any, output: Output) -> Tensor:
    """The tensor of outputs in what a model returned.

    Args:
        out: a tensor, or an object that holds it.
        output: the name of the attribute or key, the place in a tuple, or a function; None: ``out`` itself, or its
            ``logits``.

    Raises:
        ValueError: there is no tensor of that name.
    """
    if callable(output):
        found = output(out)
    elif output is None:
        found = out if isinstance(out, Tensor) else _named(out, "logits")
    else:
        found = _named(out, output)
    if not isinstance(found, Tensor):
        what = f"no tensor {output!r}" if isinstance(output, str | int) else "no tensor"
        raise ValueError(f'the model returns a {type(out).__name__} with {what}: say which, as in output="logits"')
    return found


def _named(out: Any, name: str | int) -> Any:
    if isinstance(name, int):
        return out[name] if isinstance(out, tuple | list) and -len(out) <= name < len(out) else None
    return out.get(name) if isinstance(out, Mapping) else getattr(out, name, None)


def check_outputs(out: Tensor, y: Tensor, kind: str, look: bool) -> None:
    """Refuse outputs that do not go with the targets. Losses would fail in their own words, or broadcast.

    Args:
        out: [N, ...].
        y: [N] or [N, C].
        kind: "class", "multilabel" or "regression".
        look: whether to look at the class numbers too, for which a device is waited for.

    Raises:
        ValueError: outputs for classes are not [N, C] with C of 2 or more, a class has no output, or there are more or
            fewer outputs than shares, labels or numbers.
    """
    if kind == "regression":
        return  # its loss says so
    if out.dim() != 2:
        raise ValueError(f"outputs are {list(out.shape)}; wanted are [N, {'C' if kind == 'class' else 'labels'}]")
    if kind == "class" and out.shape[1] == 1:
        raise ValueError('outputs are [N, 1], which tell no class: for one output a row say kind="multilabel"')
    if y.dim() == 2 and out.shape[1] != y.shape[1]:
        raise ValueError(f"the model has {out.shape[1]} outputs, the targets have {y.shape[1]} columns")
    if y.dim() == 1 and look and (most := int(y.max())) >= out.shape[1]:
        raise ValueError(
            f"the targets have class {most}, the model has {out.shape[1]} outputs, 0 to {out.shape[1] - 1}"
        )


def submodule(model: nn.Module, name: str) -> nn.Module:
    """Find a submodule by name, also behind DistributedDataParallel or torch.compile.

    Raises:
        ValueError: there is no such submodule.
    """
    for holder in (model, getattr(model, "module", None), getattr(model, "_orig_mod", None)):
        if isinstance(holder, nn.Module):
            try:
                return holder.get_submodule(name)
            except AttributeError:
                continue
    names = ", ".join(n for n, _ in model.named_modules() if n)
    raise ValueError(f"site '{name}': no such module (allowed: input, {names})")


def row_numbers_of(numbers: Tensor | None, y: Tensor, needed_by: str) -> Tensor | None:
    """The numbers [B] of the rows in the training part, as a loop gives them. needed_by: a method's name, or "".

    Raises:
        ValueError: they are missing, or are no whole numbers of these rows.
    """
    if numbers is None and needed_by:
        raise ValueError(f"{needed_by} looks rows up: give row_numbers=, their numbers [B] in the training part")
    if numbers is None:
        return None
    if not isinstance(numbers, Tensor) or numbers.dtype != torch.int64 or numbers.shape != y.shape[:1]:
        what = (
            f"{numbers.dtype} {list(numbers.shape)}" if isinstance(numbers, Tensor) else f"a {type(numbers).__name__}"
        )
        raise ValueError(f"row_numbers must be int64 [{len(y)}], is {what}")
    return numbers


def detached(x: State) -> State:
    """A state [B, ...] that no gradient goes through."""
    return tuple(leaf.detach() for leaf in x) if isinstance(x, tuple) else x.detach()


def look_alike(x: State) -> str:
    """The built-in domain whose input looks like x, or "other" if there is none."""
    for name, path in builtin_files(DOMAIN).items():
        domain: Any = load_class(DOMAIN, Source(name, path), object)()
        if domain.matches(x):
            return name
    return "other"


def same_rows(x: State, y: Tensor) -> None:
    """Refuse inputs and targets of different numbers of rows.

    Raises:
        ValueError: they differ.
    """
    rows = len(x[0] if isinstance(x, tuple) else x)
    if rows != len(y):
        raise ValueError(f"x has {rows} rows, y has {len(y)}")
