"""Clips moved in time, for an augmentation and for a probe."""

from __future__ import annotations

import torch
from torch import Tensor


def lengths_of(mask: Tensor) -> Tensor:
    """The number of valid frames of each clip, [N]. mask: [N, 1, T]."""
    return (mask[:, 0] > 0).sum(1)


def moved(clips: Tensor, mask: Tensor, move: Tensor) -> Tensor:
    """Move clips [N, C, T] within their own lengths by move [N] int64 frames: what leaves is lost, zeros come in."""
    source = torch.arange(clips.shape[2], device=clips.device) - move[:, None]  # [N, T]
    inside = (source >= 0) & (source < lengths_of(mask)[:, None])
    places = source.clamp(0, clips.shape[2] - 1)[:, None].expand_as(clips)
    return clips.gather(2, places) * inside[:, None] * (mask > 0)
