"""Measure how well generated points cover the modes of real points."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation import Measurement
from mixsuite.mixing import require


@dataclass(frozen=True)
class Coverage(Measurement):
    """Coverage of modes by points that the generator makes from fresh noise.

    A mode is a group of real test points within ``radius``. The metrics are:
    good:     share of generated points within ``radius`` of a mode's centre.
    modes:    share of modes found. A mode is found if at least a fifth of its even share of all generated points lies
              within ``radius`` of its centre.
    distance: mean distance from a generated point to the nearest centre.

    points: number of points to generate.
    """

    points: int = 2_000
    radius: float = 0.1

    domains = ("./points.py",)

    def __post_init__(self):
        require(100 <= self.points <= 100_000, "points", self.points, "100 to 100000")
        require(self.radius > 0, "radius", self.radius, "> 0")

    def measure(self, model, data, rng):
        centres = modes(data.test.x[0], self.radius)
        noise = rng.normal(self.points, 2, kind="probe coverage")
        with torch.no_grad():
            _, made = model.stages[0]((noise, noise))
        nearest, which = torch.cdist(made, centres).min(1)
        good = nearest <= self.radius
        held = which[good].bincount(minlength=len(centres)).float()
        covered = held >= 0.2 * self.points / len(centres)
        found = {"good": good.float().mean(), "modes": covered.float().mean(), "distance": nearest.mean()}
        return {name: float(value) for name, value in found.items()}


def modes(points, radius):
    """Find the centres of groups that lie further apart than twice the radius, [modes, 2].

    The first point takes all points within the radius as its group, then the next point that is left does the same.
    """
    found, left = [], points
    while len(left):
        near = (left - left[0]).norm(dim=1) <= radius
        found.append(left[near].mean(0))
        left = left[~near]
    return torch.stack(found)
