"""Clips moved in time."""

import torch

from mixsuite.domains.speech.shift import lengths_of, moved


def test_a_clip_moves_within_its_own_length():
    mask = (torch.arange(5) < torch.tensor([5, 3, 3])[:, None]).float()[:, None]
    clips = (torch.arange(5.0) + 1).expand(3, 1, 5) * mask
    assert lengths_of(mask).tolist() == [5, 3, 3]
    out = moved(clips, mask, torch.tensor([2, -1, 4]))[:, 0]
    assert out.tolist() == [[0, 0, 1, 2, 3], [2, 3, 0, 0, 0], [0, 0, 0, 0, 0]]
