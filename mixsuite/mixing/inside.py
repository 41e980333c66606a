"""Mix the input of one submodule while a model runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


def run_mixed(
    site: str, module: nn.Module, rows: int, mix: Callable[[Tensor], Tensor | None], run: Callable[[], Any]
) -> Any:
    """Run a model, and mix the input of one of its submodules on its way.

    Args:
        site: what error messages call the submodule.
        module: the submodule.
        rows: number of rows of the batch.
        mix: state [rows, ...] -> mixed state [N, ...], or None to leave it as it is.
        run: runs the model.

    Returns:
        What ``run`` returns.

    Raises:
        ValueError: the submodule does not run exactly once, or its first argument is no tensor of these rows that can
            be mixed.
    """
    times = 0

    def on_the_way(_module: nn.Module, entering: tuple[Any, ...]) -> tuple[Any, ...] | None:
        nonlocal times
        state, times = entering[0] if entering else None, times + 1
        if times == 1 and isinstance(state, Tensor) and state.is_floating_point() and state.shape[:1] == (rows,):
            mixed = mix(state)
            return None if mixed is None else (mixed, *entering[1:])
        problem = f"is not given [{rows}, ...] as its first argument"
        if times > 1:
            problem = "runs more than once a pass"
        elif isinstance(state, Tensor) and state.shape[:1] == (rows,):
            problem = f"is given {state.dtype}, which cannot be mixed"
        raise ValueError(f"site '{site}': the module {problem}; name another one")

    handle = module.register_forward_pre_hook(on_the_way)
    try:
        out = run()
    finally:
        handle.remove()
    if not times:
        raise ValueError(f"site '{site}': the module does not run")
    return out


def run_watched(site: str, module: nn.Module, rows: int, run: Callable[[], Any]) -> tuple[Tensor, Any]:
    """(the state that enters a submodule, what ``run`` returns); as ``run_mixed``, and nothing is mixed."""
    states: list[Tensor] = []
    out = run_mixed(site, module, rows, states.append, run)
    return states[0], out
