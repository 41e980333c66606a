"""Clips that begin earlier or later."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require


@dataclass(frozen=True)
class TimeShift(Probe):
    """Each clip is moved within its own length, by an amount drawn uniformly.

    What leaves the clip is lost, and zeros come in: silence, or the mean frame of standardised cepstra.

    share: the furthest that a clip is moved each way, as a share of its length.
    """

    share: float = 0.1

    domains = ("speech",)

    def __post_init__(self):
        require(0 <= self.share <= 1, "share", self.share, "0 to 1")

    def disturb(self, x, rows):
        clip, mask = x
        length = (mask[:, 0] > 0).sum(1)  # [n]
        reach = (self.share * length).floor()
        u = rows.rng.uniform(len(clip), kind="probe shift")
        move = ((2 * reach + 1) * u).floor() - reach
        source = torch.arange(clip.shape[2], device=clip.device) - move.long()[:, None]  # [n, T]
        inside = (source >= 0) & (source < length[:, None])
        index = source.clamp(0, clip.shape[2] - 1)[:, None].expand_as(clip)
        return clip.gather(2, index) * inside[:, None] * (mask > 0), mask
