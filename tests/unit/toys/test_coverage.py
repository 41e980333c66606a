"""How well generated points cover the modes of real ones."""

import math
from importlib.util import module_from_spec, spec_from_file_location

import pytest
import torch
from support.paths import TOYS
from support.probes import probe
from support.toy_tasks import opened_toy, toy
from torch import nn

from mixsuite.errors import InputError
from mixsuite.evaluation.measure import measure


def modes(points, radius):
    spec = spec_from_file_location("toy_coverage", TOYS / "coverage.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.modes(points, radius)


@pytest.mark.parametrize(("shape", "count"), [("ring", 8), ("grid", 25)])
def test_modes_are_found_and_a_generator_that_makes_them_covers_them(shape, count):
    data, model = opened_toy("gaussians", f"shape={shape}", model="points(width=4)")
    centres = modes(data.test.x[0], 0.1)
    assert len(centres) == count

    class Choose(nn.Module):
        """Noise to a mode, by its angle; only the first ``known`` of them."""

        def __init__(self, known):
            super().__init__()
            self.known = known

        def forward(self, z):
            place = ((torch.atan2(z[:, 1], z[:, 0]) / (2 * math.pi) + 0.5) * self.known).long()
            return centres[place.clamp(max=self.known - 1)] + 0.02

    for known in (count, count // 2):
        model.stages[0].net = Choose(known)
        found = measure(probe(toy("coverage")), "c", model, data, "points", 0)["metrics"]
        assert found["modes@c"] == pytest.approx(known / count)
        assert found["good@c"] == 1.0
        assert found["distance@c"] == pytest.approx(0.02 * math.sqrt(2), rel=1e-3)
    model.stages[0].net = nn.Sequential(nn.Linear(2, 2))
    nn.init.zeros_(model.stages[0].net[0].weight)
    nn.init.constant_(model.stages[0].net[0].bias, 5.0)
    lost = measure(probe(toy("coverage")), "c", model, data, "points", 0)["metrics"]
    assert (lost["modes@c"], lost["good@c"]) == (0.0, 0.0)


def test_a_radius_of_nothing_is_refused():
    with pytest.raises(InputError, match="allowed is"):
        probe(toy("coverage", "radius=0"))
