"""How well generated points cover the modes of real ones."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation import Measurement
from mixsuite.mixing import require


@dataclass(frozen=True)
class Coverage(Measurement):
    """Of points that the generator makes from fresh noise. A mode is a group of real test points within ``radius``.

    good:     share of generated points within ``radius`` of a mode's centre.
    modes:    share of the modes that are found: with at least a fifth of an even share of all points within ``radius``.
    distance: mean distance of a generated point to the nearest centre.

    points: how many are generated.
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
    """Centres of groups that lie further apart than twice the radius: a point takes all within it, and so on."""
    found, left = [], points
    while len(left):
        near = (left - left[0]).norm(dim=1) <= radius
        found.append(left[near].mean(0))
        left = left[~near]
    return torch.stack(found)
