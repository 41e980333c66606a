"""Mixed inputs with hard targets, an ablation of mixup (Zhang et al. 2018, arXiv:1710.09412, section 3.8)."""

from dataclasses import dataclass

from mixsuite.mixing.methods.mixup import Mixup


@dataclass(frozen=True)
class InputOnly(Mixup):
    """mixup of the signal alone: the target is that of the nearer row (of the own one at lambda = 1/2).
    One forward pass. alpha, lam: as for mixup."""

    label = "free"

    def plan(self, batch, rng):
        plan = super().plan(batch, rng)
        return plan._replace(wy=(plan.wy >= 0.5).to(plan.wy.dtype))
