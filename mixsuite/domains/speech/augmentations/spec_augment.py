"""SpecAugment without time warping (Park et al. 2019, arXiv:1904.08779, section 2)."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation
from mixsuite.errors import InputError


@dataclass(frozen=True)
class SpecAugment(Augmentation):
    """``masks`` bands and ``masks`` stretches of each row are set to zero, the mean of standardised bands.

    A mask's width is uniform on 0 .. its largest, its place uniform on 0 .. side - width.

    masks:     number of masks of each axis (the paper: 1 or 2).
    frequency: largest band, as a share of all (the paper: 27 of 80).
    time:      largest stretch, as a share of the longest clip.
    """

    masks: int = 2
    frequency: float = 0.3
    time: float = 0.2

    domains = ("speech",)

    def __post_init__(self):
        if not 0 <= self.masks <= 8:
            raise ValueError(f"masks={self.masks}: allowed is 0 to 8")
        for name in ("frequency", "time"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)}: allowed is 0 to 1")

    def prepare(self, data):
        """Refuse waves, which have no bands."""
        if data.rate is not None:
            raise InputError("it masks bands, and these clips are waves (the method spec_mixup masks log-mel bands)")

    def augment(self, x, rng, seen):
        """Rows (clips [B, C, T], mask [B, 1, T])."""
        clips, mask = x
        bands = self._kept(clips, 1, "frequency", rng)
        frames = self._kept(clips, 2, "time", rng)
        return clips * bands[:, :, None] * frames[:, None, :], mask

    def _kept(self, clips, axis, name, rng):
        """1 for what stays and 0 for what is masked, [B, side], along an axis."""
        n, side = len(clips), clips.shape[axis]
        place = torch.arange(side, device=clips.device)
        kept = torch.ones(n, side, device=clips.device, dtype=clips.dtype)
        for _ in range(self.masks):
            width = (rng.uniform(n, kind=f"{name} width") * (int(getattr(self, name) * side + 1e-9) + 1)).floor()
            first = (rng.uniform(n, kind=f"{name} place") * (side - width + 1)).floor()
            inside = (place >= first[:, None]) & (place < (first + width)[:, None])
            kept = kept.masked_fill(inside, 0)
        return kept
