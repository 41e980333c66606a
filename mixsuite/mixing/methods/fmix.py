"""FMix (Harris, Marcu, Painter, Niranjan, Pruegel-Bennett and Hare 2020, arXiv:2002.12047)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Linear, Log, Method, mask_plan, reject_flat, require


@dataclass(frozen=True)
class Fmix(Method):
    """CutMix with irregular, connected masks, drawn from low-frequency pictures. One forward pass.

    A complex normal spectrum is divided by frequency^decay and transformed back to a picture. The brightest share
    lambda of its pixels stays. The target's share is the share of the pixels that did stay.

    decay: how fast high frequencies fall.
    alpha: lambda is drawn from Beta(alpha, alpha).
    lam:   "batch": one lambda and one mask per step, as in the paper; "row": one per row.
    """

    decay: float = 3.0
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact area"
    space = {"alpha": Log(0.1, 4.0), "decay": Linear(1.0, 5.0)}
    domains = ("images", "speech")

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
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
        return mask_plan(mask.unflatten(1, (height, width)), batch, rng.permutation(n))
