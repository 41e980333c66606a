"""Clips moved in time."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class TimeShift(Augmentation):
    """Each clip is moved by up to a share of its own length, either way; what leaves it is lost, zeros move in.

    share: the largest move (100 ms of a clip of one second is a usual one for single words; our choice).
    """

    share: float = 0.1

    domains = ("speech",)

    def __post_init__(self):
        if not 0 <= self.share < 1:
            raise ValueError(f"share={self.share}: allowed is from 0 to below 1")

    def augment(self, x, rng, seen):
        """Rows (clips [B, C, T], mask [B, 1, T]); the mask stays."""
        clips, mask = x
        lengths = (mask[:, 0] > 0).sum(1)
        move = ((2 * rng.uniform(len(clips), kind="time_shift") - 1) * self.share * lengths).round().long()
        source = torch.arange(clips.shape[2], device=clips.device) - move[:, None]
        inside = (source >= 0) & (source < lengths[:, None])
        places = source.clamp(0, clips.shape[2] - 1)[:, None, :].expand_as(clips)
        return clips.gather(2, places) * inside[:, None, :] * (mask > 0), mask
