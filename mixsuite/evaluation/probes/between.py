"""Behaviour between samples (Zhang et al. 2018, arXiv:1710.09412, section 3.8 and figure 2)."""

from dataclasses import dataclass

import torch

from mixsuite.data.state import Selectable
from mixsuite.evaluation.base import Measurement
from mixsuite.mixing import require
from mixsuite.mixing.losses import LOSSES


@dataclass(frozen=True)
class Between(Measurement):
    """Predictions and gradients on the line between training rows of two classes.

    It measures:
    misses:   share of the points whose predicted class is neither row's.
    gradient: mean norm of the gradient of the mixed loss with respect to the point.

    pairs:  number of pairs drawn, at most 512; those of one class are dropped.
    points: number of points between each pair, at (j + 1/2) / points.
    """

    pairs: int = 256
    points: int = 10

    def __post_init__(self):
        require(2 <= self.pairs <= 512, "pairs", self.pairs, "2 to 512")
        require(1 <= self.points <= 100, "points", self.points, "1 to 100")

    def measure(self, model, data, rng):
        if data.clean_labels is None or isinstance(data.train.x, Selectable):
            return {}
        n, y = len(data.train), data.train.y
        one, other = ((rng.uniform(self.pairs, kind=f"probe {end}") * n).long() for end in ("one", "other"))
        apart = y[one] != y[other]
        one, other = one[apart], other[apart]
        leaves = [data.train.x] if isinstance(data.train.x, torch.Tensor) else data.train.x
        first, second = ([leaf[rows] for leaf in leaves] for rows in (one, other))
        loss, missed, norms = LOSSES[data.kind], [], []
        for j in range(self.points):
            share = (j + 0.5) / self.points
            point, *rest = (torch.lerp(b, a, share) for a, b in zip(first, second, strict=True))
            point.requires_grad_()
            out = model((point, *rest) if rest else point)
            total = (share * loss(out, y[one]) + (1 - share) * loss(out, y[other])).sum()
            (gradient,) = torch.autograd.grad(total, point)
            predicted = out.argmax(1)
            missed.append(((predicted != y[one]) & (predicted != y[other])).float().mean())
            norms.append(gradient.flatten(1).norm(dim=1).mean())
        return {"misses": float(torch.stack(missed).mean()), "gradient": float(torch.stack(norms).mean())}
