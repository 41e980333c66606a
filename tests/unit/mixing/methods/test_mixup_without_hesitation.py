"""mixup without hesitation: the three stages along a training."""

import pytest
import torch
from support.methods import method

from mixsuite.mixing import Batch
from mixsuite.mixing.methods.mixup_without_hesitation import MixupWithoutHesitation
from mixsuite.mixing.rng import Rng


def mixed(text, steps=1000, n=6):
    """Whether each step of a training mixes."""
    rng, y = Rng(0, n), torch.arange(n) % 3
    return [
        bool(
            (
                method(text).plan(Batch(y, (2,), torch.tensor(s / steps), {}, step=s, steps=steps), rng.at(s)).wx < 1
            ).any()
        )
        for s in range(steps)
    ]


def test_at_first_every_step_then_every_other_then_fewer_and_fewer():
    found = mixed("mixup_without_hesitation")
    assert all(found[:600])
    assert found[600:900] == [s % 2 == 0 for s in range(600, 900)]
    early, late = sum(found[900:950]), sum(found[950:])
    assert 30 < early < 45  # the chance falls from 1 to 1/2
    assert 5 < late < 20


def test_its_mixed_steps_are_mixups_and_bounds_are_kept():
    y = torch.arange(6) % 3
    one, other = (
        method(t).plan(Batch(y, (2,), torch.tensor(0.0), {}, step=4, steps=100), Rng(0, 6).at(4))
        for t in ("mixup_without_hesitation", "mixup")
    )
    for a, b in zip(one[:3], other[:3], strict=True):
        assert torch.equal(a, b)
    assert mixed("mixup_without_hesitation(first=0, last=0)", 100).count(True) < 80
    assert all(mixed("mixup_without_hesitation(first=1, last=1)", 50))
    with pytest.raises(ValueError, match="first, last"):
        MixupWithoutHesitation(first=0.9, last=0.5)
