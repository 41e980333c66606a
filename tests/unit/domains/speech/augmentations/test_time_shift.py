"""Clips moved in time."""

import pytest
import torch
from support.augmentations import augmented

from mixsuite.domains.speech.augmentations.time_shift import TimeShift


def test_a_clip_moves_within_its_own_length_and_zeros_move_in():
    lengths = torch.tensor([20, 10] * 100)
    mask = (torch.arange(20) < lengths[:, None]).float()[:, None]
    clips = torch.randn(200, 3, 20) * mask
    out, valid = augmented("time_shift(share=0.2)", (clips, mask))
    assert torch.equal(valid, mask)
    moves = {20: set(), 10: set()}
    for row, was, length in zip(out, clips, lengths.tolist(), strict=True):
        fits = []
        for move in range(-6, 7):
            wanted = torch.zeros(3, 20)
            for frame in range(length):
                if 0 <= frame - move < length:
                    wanted[:, frame] = was[:, frame - move]
            fits += [move] if torch.equal(row, wanted) else []
        assert len(fits) == 1
        moves[length] |= set(fits)
    assert moves == {20: set(range(-4, 5)), 10: set(range(-2, 3))}


def test_a_share_of_all_is_refused():
    with pytest.raises(ValueError, match="share=1: allowed is from 0 to below 1"):
        TimeShift(share=1)
