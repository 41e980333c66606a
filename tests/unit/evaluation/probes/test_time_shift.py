"""Clips that begin earlier or later."""

import torch
from support.probes import probe, rows


def test_a_shifted_clip_is_the_clip_moved_and_filled_with_zeros():
    clip = torch.arange(1.0, 11).reshape(1, 1, 10).repeat(64, 2, 1)
    mask = torch.ones(64, 1, 10)
    clip[32:, :, 6:], mask[32:, :, 6:] = 0, 0
    moved, _ = probe("time_shift(share=0.5)").disturb((clip, mask), rows((clip, mask)))
    seen = set()
    for before, after, m in zip(clip[:, 0].tolist(), moved[:, 0].tolist(), mask[:, 0].tolist(), strict=True):
        length = int(sum(m))
        known, reach = before[:length], length // 2
        twins = {
            k: ([0.0] * k + known)[:length] if k >= 0 else (known[-k:] + [0.0] * -k)[:length]
            for k in range(-reach, reach + 1)
        }
        (shift,) = (k for k, twin in twins.items() if after[:length] == twin)
        seen.add(shift)
    assert {-5, -3, 0, 3, 5} <= seen
