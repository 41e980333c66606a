"""SpecAugment with mixup: masks of each axis, laid over mixup's rows."""

import pytest
import torch
from support.methods import method, plan_of, rows

from mixsuite.mixing import interpolate
from mixsuite.mixing.methods.spec_mixup import SpecMixup

SHAPE = (20, 30)


def plan(text="spec_mixup", step=0):
    return plan_of(text, shape=SHAPE, step=step)


def runs(line):
    """Lengths of stretches of zeros."""
    found, length = [], 0
    for value in [*line.tolist(), 1]:
        if value == 0:
            length += 1
        elif length:
            found.append(length)
            length = 0
    return found


def test_masks_are_whole_bands_and_stretches_of_at_most_their_largest_width():
    for step in range(20):
        kept = plan("spec_mixup(masks=1, frequency=0.3, time=0.2)", step).extra["kept"]
        bands, stretches = kept.amax(2), kept.amax(1)
        assert torch.equal(kept, bands[:, :, None] * stretches[:, None])
        assert all(len(runs(line)) <= 1 and sum(runs(line)) <= 6 for line in bands)
        assert all(len(runs(line)) <= 1 and sum(runs(line)) <= 6 for line in stretches)


def test_widths_are_uniform_from_none_to_the_largest():
    widths = torch.cat(
        [(plan("spec_mixup(masks=1, frequency=0.2, time=0)", s).extra["kept"][:, :, 0] == 0).sum(1) for s in range(200)]
    )
    counts = widths.bincount(minlength=5)
    assert len(counts) == 5
    assert (counts / counts.sum() - 0.2).abs().max() < 0.03


def test_rows_are_mixups_with_the_masked_parts_at_zero():
    x, mask = rows(shape=SHAPE), torch.ones(12, 1, 30)
    found = plan()
    first, kept = method("spec_mixup").mix((x, mask), found)
    mixed, _ = interpolate((x, mask), plan_of("mixup", shape=SHAPE))
    torch.testing.assert_close(first, mixed * found.extra["kept"])
    assert torch.equal(kept, mask)


def test_an_alpha_of_zero_is_the_masks_alone():
    x = rows(shape=SHAPE)
    found = plan("spec_mixup(alpha=0)")
    assert (found.wy == 1).all()
    torch.testing.assert_close(method("spec_mixup(alpha=0)").mix(x, found), x * found.extra["kept"])
    for bad in ({"alpha": -1}, {"masks": 9}, {"time": 2}):
        with pytest.raises(ValueError, match="allowed is"):
            SpecMixup(**bad)
