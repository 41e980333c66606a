"""Mixtures of Gaussians in the plane, with noise beside each point: the usual toy data of GANs."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.mixing.rng import stream


@dataclass(frozen=True)
class Gaussians(Dataset):
    """Real points, each with the normal noise of a generated point beside it (Zhang et al. 2018, section 3.7).

    The target is 1 (real), so the error is the share of real points that the discriminator takes for generated ones.

    shape: "ring", 8 modes on the unit circle; "grid", 25 modes, 5 x 5 on [-1, 1]^2. The scale is our choice.
    std:   standard deviation of each mode, on both axes.
    """

    shape: Literal["ring", "grid"] = "ring"
    std: float = 0.01
    valid: float = field(default=0.0, kw_only=True)
    test: float = field(default=0.1, kw_only=True)

    domain = "./points.py"
    kind = "multilabel"
    classes = 1
    recipe = "points_gan"
    arguments = ("shape",)
    source = "made up by numpy"
    licence = "CC0"
    reference = "after Zhang et al. 2018, arXiv:1710.09412"

    def __post_init__(self):
        super().__post_init__()
        if self.std < 0:
            raise ValueError(f"std={self.std}: allowed is >= 0")

    def load(self, root):
        draws = stream(0, "gaussians")
        modes = self.modes()
        points = modes[draws.randint(0, len(modes), 12_000)] + self.std * draws.standard_normal((12_000, 2))
        return Raw(np.concatenate([points, draws.standard_normal(points.shape)], 1), np.ones((len(points), 1)))

    def modes(self):
        """The centres of the modes, [8 or 25, 2]."""
        if self.shape == "ring":
            angle = 2 * np.pi * np.arange(8) / 8
            return np.stack([np.cos(angle), np.sin(angle)], 1)
        line = np.linspace(-1, 1, 5)
        return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
