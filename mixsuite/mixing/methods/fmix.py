"""FMix (Harris, Marcu, Painter, Niranjan, Pruegel-Bennett and Hare 2020, arXiv:2002.12047)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Plan
from mixsuite.mixing.contract import require
from mixsuite.mixing.geometry import reject_flat
from mixsuite.mixing.methods.mixup import Mixup


@dataclass(frozen=True)
class Fmix(Mixup):
    """Masks of irregular, connected shape: the brightest share lambda of a low-frequency picture stays. One
    forward pass.

    The picture is a complex normal spectrum divided by frequency^decay, transformed back. The target's share
    is that of the pixels that did stay.

    decay:      how fast high frequencies fall.
    alpha, lam: the law of lambda, and whether it and the mask are drawn per "batch" (as the paper) or "row".
    """

    decay: float = 3.0

    lam_law = "Beta(alpha, alpha), then the exact area"
    domains = ("images", "speech")

    def __post_init__(self):
        super().__post_init__()
        require(self.decay >= 0, "decay", self.decay, ">= 0")

    def reject(self, task):
        return reject_flat("fmix", self.site, task.sites)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        *_, height, width = batch.shape
        lam = rng.beta(self.alpha, self.alpha, draws)
        real, imaginary = (rng.normal(draws, height, width, kind=f"fmix {part}") for part in ("real", "imaginary"))
        down, across = (torch.fft.fftfreq(side, device=lam.device, dtype=lam.dtype) for side in (height, width))
        frequency = (down[:, None].square() + across.square()).sqrt().clamp(min=1 / max(height, width))
        picture = torch.fft.ifft2(torch.complex(real, imaginary) / frequency**self.decay).real.flatten(1)
        rank = picture.argsort(1, descending=True).argsort(1)
        mask = (rank < (lam * height * width).round()[:, None]).to(lam.dtype)
        share = mask.mean(1)
        mask = mask.reshape(draws, *[1] * (len(batch.shape) - 2), height, width)
        return Plan(rng.permutation(n), mask.expand(n, *mask.shape[1:]), share.expand(n))
