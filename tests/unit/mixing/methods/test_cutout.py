"""Cutout: a slow twin, pixel by pixel."""

import pytest
import torch
from support.methods import exact_plan, picture_plan
from support.objectives import B

from mixsuite.errors import InputError
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing.rng import uniforms
from mixsuite.testing import check, problems


@pytest.mark.parametrize("side", [0.5, 1.0, 0.34])
def test_cutout_equals_its_slow_twin(side):
    plan, x = exact_plan(f"cutout(side={side})"), torch.randn(B, 3, 6, 6, dtype=torch.float64)
    mixed = make_method(resolve_method("cutout")).mix(x, plan)
    across, down = (uniforms(0, f"draw/{kind}", 2, 1, B)[0] for kind in ("box", "box#2"))
    half = int(side * 6 / 2 + 1e-9)
    for i in range(B):
        wanted = x[i].clone()
        row, column = int(down[i] * 6), int(across[i] * 6)
        for r in range(6):
            for c in range(6):
                if row - half <= r < row + half and column - half <= c < column + half:
                    wanted[:, r, c] = 0
        assert torch.equal(mixed[i], wanted)
    assert torch.equal(plan.wy, torch.ones(B, dtype=plan.wy.dtype))
    assert plan.partner.tolist() == list(range(B))


@pytest.mark.parametrize(
    ("side", "size", "pixels"),
    [(0.1, 20, 2), (0.3, 20, 6), (0.3, 100, 30), (0.34, 100, 34), (0.5, 7, 2), (0.25, 32, 8)],
)
def test_a_side_of_whole_pixels_is_not_rounded_below_them(side, size, pixels):
    """In float32 1 - (1 - 0.3^2) is a little less than 0.3^2: half a side of 6 pixels was 2."""
    gone = [1 - keep for keep in picture_plan(f"cutout(side={side})", n=64, shape=(1, size, size)).wx[:, 0]]
    assert max(int(one.amax(0).sum()) for one in gone) == pixels


def test_it_passes_the_kit_as_an_augmentation_without_partners():
    assert problems(check("cutout")) == []


@pytest.mark.parametrize("side", [0, 1.1, -0.5])
def test_sides_that_there_are_not_are_refused(side):
    with pytest.raises(InputError, match="above 0, to 1"):
        resolve_method(f"cutout(side={side})")
