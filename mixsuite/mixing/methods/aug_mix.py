"""AugMix (Hendrycks et al. 2020, arXiv:1912.02781): several augmented copies of a row mixed, and held together."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from mixsuite.mixing import Method, Plan, clean_loss, over, require, run_mean


@dataclass(frozen=True)
class AugMix(Method):
    """A row against two mixtures of augmented copies of itself: clean loss + weight * Jensen-Shannon divergence.

    A mixture is m x + (1 - m) sum_i w_i A_i(x), with w of a Dirichlet law of ones, m ~ Beta(1, 1), and A_i a chain of
    one or two operations (the paper: one to three). Reconstructed. Ours: the operations are rotation, shear and shift
    alone, since rows are standardised here and those on grey values (posterise, solarise, equalise, autocontrast) need
    pixels; the operations of a chain are one affine map. There is no partner.

    chains:   number of chains in a mixture.
    strength: of the operations, 1 being the paper's severity 3: 9 degrees, shear of 0.09, shift of 1/10.
    weight:   of the divergence (the paper: 12).
    """

    chains: int = 3
    strength: float = 1.0
    weight: float = 12.0

    label = "own"
    pairing = "none"
    augments = True
    lam_law = "Dirichlet(1), Beta(1, 1)"
    rows = "3"
    domains = ("images",)
    kinds = ("class",)
    stackable = True
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.chains <= 10, "chains", self.chains, "1 to 10")
        require(self.strength > 0, "strength", self.strength, "> 0")
        require(self.weight >= 0, "weight", self.weight, ">= 0")

    def reject(self, task):
        fits = self.site in task.sites and len(task.sites[self.site]) == 3
        return None if fits else "aug_mix turns pictures, which this site does not have"

    def plan(self, batch, rng):
        n, drawn = len(batch.y), {}
        for copy in ("first", "second"):
            w = torch.stack([rng.gamma(1.0, n, kind=f"{copy} share {i}") for i in range(self.chains)], 1) + 1e-6
            m = rng.uniform(n, kind=f"{copy} own share")[:, None]
            drawn[copy] = torch.cat([m, (1 - m) * w / w.sum(1, keepdim=True)], 1)
            maps = [self._chain(rng, n, f"{copy} chain {i}") for i in range(self.chains)]
            drawn[f"{copy} maps"] = torch.stack(maps, 1)
        one = torch.ones(n, device=batch.y.device)
        return Plan(torch.arange(n, device=batch.y.device), over(one, batch.shape), one, extra=drawn)

    def _chain(self, rng, n, kind):
        """Affine maps [n, 2, 3] of one or two operations."""
        map_ = torch.eye(3, device=rng.device, dtype=rng.dtype).expand(n, 3, 3)
        for place in range(2):
            which, size = rng.uniform(n, kind=f"{kind} operation {place}"), rng.uniform(n, kind=f"{kind} size {place}")
            op = _operation((which * 5).long(), (2 * size - 1) * self.strength)
            used = (rng.uniform(n, kind=f"{kind} used") < 0.5) if place else torch.ones_like(which, dtype=torch.bool)
            map_ = torch.where(used[:, None, None], op @ map_, map_)
        return map_[:, :2]

    def mix(self, h, plan):
        return _mixture(h, plan.extra["first"], plan.extra["first maps"])

    def objective(self, tail, state, batch, plan, loss):
        copies = [_mixture(state, plan.extra[c], plan.extra[f"{c} maps"]) for c in ("first", "second")]
        outs = [tail(state), *map(tail, copies)]
        p = torch.stack([out.float().softmax(1) for out in outs])
        mean = p.mean(0).clamp(1e-7, 1).log()
        apart = torch.stack([F.kl_div(mean, one, reduction="none").sum(1) for one in p]).mean(0)
        return clean_loss(outs[0], batch, loss) + self.weight * run_mean(apart, batch.runs)


def _operation(which, size):
    """Maps [n, 3, 3] of rotation, shears along both axes and shifts along both axes, by number 0 to 4; size [-1, 1]."""
    angle = torch.where(which == 0, size * 9 * torch.pi / 180, 0 * size)
    cos, sin, nil, one = angle.cos(), angle.sin(), 0 * size, 0 * size + 1
    across, down = (torch.where(which == k, size * 0.09, nil) for k in (1, 2))
    right, up = (torch.where(which == k, size * 0.2, nil) for k in (3, 4))  # a picture is 2 wide in these units
    rows = [cos, across - sin, right, down + sin, cos, up, nil, nil, one]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def _mixture(x, shares, maps):
    """shares[:, 0] x + sum_i shares[:, i] maps_i(x): [N, C, H, W]."""
    z = shares[:, :1, None, None] * x.float()
    for i in range(maps.shape[1]):
        grid = F.affine_grid(maps[:, i].float(), list(x.shape), align_corners=False)
        turned = F.grid_sample(x.float(), grid, align_corners=False)
        z = z + shares[:, i + 1, None, None, None] * turned
    return z.to(x.dtype)
