"""Bands and stretches masked."""

from dataclasses import replace

import pytest
import torch
from support.augmentations import augmented, rows_as_data

from mixsuite.domains.speech.augmentations.spec_augment import SpecAugment
from mixsuite.errors import InputError


def stretches(kept):
    """The number of runs of masked places."""
    edges = torch.cat([torch.zeros(1), (~kept).float(), torch.zeros(1)]).diff()
    return int((edges > 0).sum())


def test_bands_and_frames_are_zero_in_as_many_stretches_as_there_are_masks():
    clips, mask = torch.rand(300, 20, 30) + 1, torch.ones(300, 1, 30)
    out, valid = augmented("spec_augment(masks=1, frequency=0.5, time=0.2)", (clips, mask))
    assert torch.equal(valid, mask)
    bands, frames = out.ne(0).any(2), out.ne(0).any(1)
    assert torch.equal(out, clips * bands[:, :, None] * frames[:, None, :])
    assert max(map(stretches, bands)) == max(map(stretches, frames)) == 1
    widths = [(~bands).sum(1), (~frames).sum(1)]
    assert [set(w.tolist()) for w in widths] == [set(range(11)), set(range(7))]  # uniform from 0 to the largest
    # Each place is as likely as the widths allow: the middle is masked more often than the ends.
    assert (~bands)[:, 10].sum() > (~bands)[:, 0].sum()


def test_two_masks_are_two():
    clips = torch.rand(300, 20, 30) + 1
    out, _ = augmented("spec_augment(masks=2, frequency=0.2, time=0)", (clips, torch.ones(300, 1, 30)))
    assert max(stretches(row) for row in out.ne(0).any(2)) == 2
    assert out.ne(0).any(1).all()


def test_waves_and_bad_parameters_are_refused():
    waves = replace(rows_as_data((torch.randn(4, 1, 50), torch.ones(4, 1, 50))), rate=8000)
    with pytest.raises(InputError, match="these clips are waves"):
        SpecAugment().prepare(waves)
    for values in ({"masks": 9}, {"frequency": 1.5}, {"time": -0.1}):
        with pytest.raises(ValueError, match="allowed is 0 to"):
            SpecAugment(**values)
