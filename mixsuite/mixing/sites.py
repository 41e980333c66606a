"""The sites of a method that draws one anew each step."""

from __future__ import annotations

from collections.abc import Sequence

from mixsuite.mixing.rng import uniforms


def drawable_sites(sites: dict[str, int]) -> list[str]:
    """The sites that may be drawn, the shallowest first: all but ``wave``. sites: name -> number of stages before it."""
    return sorted((name for name in sites if name != "wave"), key=lambda name: (sites[name], name))


def random_sites(seed: int, names: Sequence[str], first: int, steps: int, repeat: int = 1) -> list[str]:
    """The sites of steps first .. first+steps-1, drawn from names.

    Args:
        seed: of the run.
        names: what is drawn from, in an order that is always the same.
        first: the first step.
        steps: how many.
        repeat: so many successive steps share a draw.
    """
    begin, end = first // repeat, (first + steps - 1) // repeat
    u = uniforms(seed, "draw/site", begin, end - begin + 1, 1)[:, 0]
    return [names[int(u[step // repeat - begin] * len(names))] for step in range(first, first + steps)]
