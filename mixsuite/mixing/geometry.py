"""The shapes of shares: scalars for rows, and boxes as masks."""

from __future__ import annotations

import torch
from torch import Tensor


def over(v: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Give v [N], or [N, 1 + P] for P partners, trailing axes of 1, so that it broadcasts over rows of a shape."""
    return v.reshape(*v.shape, *[1] * len(shape))


def box_mask(lam: Tensor, across: Tensor, down: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Make masks [N, (1,) H, W] that are 0 inside a box and 1 outside, with CutMix's boxes.

    The box has sides sqrt(1 - lam) * (H, W), rounded down to an even number of pixels. Its centre is uniform over the
    pixels, and the part outside the picture is cut off (Yun et al. 2019, arXiv:1905.04899, section 3).

    Args:
        lam: [N] nominal share that stays, in [0, 1].
        across: [N] uniform in [0, 1), the centre's column.
        down: [N] uniform in [0, 1), the centre's row.
        shape: [C, H, W] of one row (all channels share the box), or [H, W], such as bands by frames.
    """
    *_, height, width = shape

    def inside(u: Tensor, size: int) -> Tensor:  # [N, size]
        centre = (u * size).floor()
        half = (0.5 * (1 - lam).sqrt() * size).floor()
        pixel = torch.arange(size, device=u.device, dtype=u.dtype)
        return (pixel >= (centre - half)[:, None]) & (pixel < (centre + half)[:, None])

    box = inside(down, height)[:, :, None] & inside(across, width)[:, None, :]
    return 1 - box.to(lam.dtype).reshape(len(lam), *[1] * (len(shape) - 2), height, width)


def reject_flat(method: str, site: str, sites: dict[str, tuple[int, ...]]) -> str | None:
    """Why boxes cannot be cut at a site, which needs two axes longer than 1; None if they can."""
    fits = [name for name, shape in sites.items() if len(shape) >= 2 and min(shape[-2:]) > 1]
    needed = [name for name in sites if name != "wave"] if site == "random" else [site]
    if all(name in fits for name in needed):
        return None
    return f"{method} cuts boxes, which site '{site}' cannot hold; this task could at: {', '.join(fits) or 'no site'}"
