"""The sites of a method that draws one at each step."""

from __future__ import annotations

from collections.abc import Sequence

from mixsuite.mixing.rng import uniforms


def drawable_sites(sites: dict[str, int]) -> list[str]:
    """The sites that may be drawn, the shallowest first: all but ``wave``.

    Args:
        sites: name -> number of stages before the site.
    """
    return sorted((name for name in sites if name != "wave"), key=lambda name: (sites[name], name))


def random_sites(seed: int, names: Sequence[str], first: int, steps: int, repeat: int = 1) -> list[str]:
    """Draw the sites of steps first .. first+steps-1.

    Args:
        seed: the run's seed.
        names: the sites to draw from, in a fixed order.
        first: the first step.
        steps: the number of steps.
        repeat: the number of successive steps that share a draw.
    """
    begin, end = first // repeat, (first + steps - 1) // repeat
    u = uniforms(seed, "draw/site", begin, end - begin + 1, 1)[:, 0]
    return [names[int(u[step // repeat - begin] * len(names))] for step in range(first, first + steps)]
