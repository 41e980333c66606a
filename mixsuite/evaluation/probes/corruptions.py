"""Common corruptions of pictures (Hendrycks and Dietterich 2019, arXiv:1903.12261), the CIFAR-C kind."""

from dataclasses import dataclass

import numpy as np
import torch
from torchvision.transforms.v2 import functional

from mixsuite.data.rows import Subset
from mixsuite.domains.images.eight_bit import Range
from mixsuite.evaluation.base import Measurement
from mixsuite.evaluation.measure import error_in_units
from mixsuite.mixing import require
from mixsuite.training.predict import BATCH, predict

_AT = {  # by severity, 1 to 5
    "gaussian_noise": (0.04, 0.06, 0.08, 0.09, 0.10),  # standard deviation
    "shot_noise": (500, 250, 100, 75, 50),  # photons at white
    "impulse_noise": (0.01, 0.02, 0.03, 0.05, 0.07),  # share of values
    "gaussian_blur": (0.4, 0.6, 0.7, 0.8, 1.0),  # pixels
    "zoom_blur": (0.05, 0.10, 0.15, 0.20, 0.25),  # largest zoom beyond 1
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),  # added
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),  # factor
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),  # of the side
    "jpeg": (80, 65, 58, 50, 40),  # quality
}


@dataclass(frozen=True)
class Corruptions(Measurement):
    """Errors on the test part under nine corruptions, by name, and their ``mean``.

    Eight of CIFAR-C's fifteen, and its further Gaussian blur: those that need no library besides torchvision, so the
    mean is not CIFAR-C's. Severities are those of its code, blur's and pixelate's as recalled. Two differ: brightness
    is added to each colour, not to the value of HSV, and zooms are resized and cut by torchvision. Values are taken to
    lie between the least and the largest of the training part, and are rounded to 256.

    severity: 1 to 5.
    """

    severity: int = 3

    domains = ("images",)

    def __post_init__(self):
        require(1 <= self.severity <= 5, "severity", self.severity, "1 to 5")

    def measure(self, model, data, rng):
        seen, y = Range.of(data), data.test.y
        found: dict[str, float] = {}
        for name in _AT:
            x = torch.cat([self.corrupted(name, rows, seen, rng) for rows in data.test.x.split(BATCH)])
            found[name] = error_in_units(predict(model, Subset(x, y)), y, data)
        return found | {"mean": sum(found.values()) / len(found)}

    def corrupted(self, name, x, seen, rng):
        """Rows [B, C, H, W], standardised, under a corruption; seen: the training part's range."""
        low, high = (bound.to(x) for bound in seen)
        grey = ((x - low) / (high - low)).clamp(0, 1)
        at = _AT[name][self.severity - 1]
        changed = _DRAWN[name](grey, at, rng) if name in _DRAWN else _FIXED[name](grey, at)
        return (changed.clamp(0, 1) * 255).round() / 255 * (high - low) + low


def _gaussian_noise(x, std, rng):
    return x + std * rng.normal(*x.shape, kind="probe gaussian noise")


def _shot_noise(x, photons, rng):
    draws = np.random.default_rng(int(float(rng.uniform(1, kind="probe shot noise")) * 2**24))
    return torch.from_numpy(draws.poisson(x.cpu().double().numpy() * photons) / photons).to(x)


def _impulse_noise(x, share, rng):
    u = rng.uniform(*x.shape, kind="probe impulse noise")
    return torch.where(u < share / 2, 0.0, torch.where(u < share, 1.0, x))


def _gaussian_blur(x, sigma):
    return functional.gaussian_blur(x, kernel_size=[2 * int(3 * sigma + 0.5) + 1] * 2, sigma=[sigma] * 2)


def _zoom_blur(x, largest):
    height, width = x.shape[-2:]
    zooms = [1 + step / 100 for step in range(round(largest * 100) + 1)]
    sides = [[max(height, round(height * zoom)), max(width, round(width * zoom))] for zoom in zooms]
    large = [functional.center_crop(functional.resize(x, side, antialias=False), [height, width]) for side in sides]
    return (x + torch.stack(large).sum(0)) / (len(large) + 1)


def _brightness(x, added):
    return x + added


def _contrast(x, factor):
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) * factor + mean


def _pixelate(x, share):
    height, width = x.shape[-2:]
    small = functional.resize(x, [max(1, int(height * share)), max(1, int(width * share))], antialias=True)
    return functional.resize(small, [height, width], interpolation=functional.InterpolationMode.NEAREST)


def _jpeg(x, quality):
    pixels = (x * 255).round().to(torch.uint8).cpu()
    return (functional.jpeg(pixels, quality).double() / 255).to(x)


_DRAWN = {"gaussian_noise": _gaussian_noise, "shot_noise": _shot_noise, "impulse_noise": _impulse_noise}
_FIXED = {
    "gaussian_blur": _gaussian_blur,
    "zoom_blur": _zoom_blur,
    "brightness": _brightness,
    "contrast": _contrast,
    "pixelate": _pixelate,
    "jpeg": _jpeg,
}
