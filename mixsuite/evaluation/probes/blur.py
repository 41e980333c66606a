"""Pictures out of focus."""

from dataclasses import dataclass

import torch
from scipy.ndimage import gaussian_filter

from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require


@dataclass(frozen=True)
class Blur(Probe):
    """A Gaussian filter over height and width; the border's pixels are repeated outwards.

    sigma: the filter's standard deviation in pixels.
    """

    sigma: float = 1.0

    domains = ("images",)

    def __post_init__(self):
        require(self.sigma >= 0, "sigma", self.sigma, ">= 0")

    def disturb(self, x, rows):
        blurred = gaussian_filter(x.cpu().numpy(), (0, 0, self.sigma, self.sigma), mode="nearest")
        return torch.from_numpy(blurred).to(x)
