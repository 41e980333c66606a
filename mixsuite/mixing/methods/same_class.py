"""mixup within classes, an ablation of mixup (Zhang et al. 2018, arXiv:1710.09412, section 3.8: "SC + RP")."""

from dataclasses import dataclass

import torch

from mixsuite.mixing.methods.mixup import Mixup


@dataclass(frozen=True)
class SameClass(Mixup):
    """Every row is mixed with a random one of its own class, so that the target stays as it is. A row that is
    alone in its class stays unmixed. One forward pass.

    alpha, lam: as for mixup. Of soft targets the largest class counts.
    """

    label = "own"
    pairing = "permutation within each class"

    def reject(self, task):
        return None if task.kind == "class" else f"same_class needs classes, not {task.kind}"

    def plan(self, batch, rng):
        n = len(batch.y)
        y = batch.y if batch.y.dim() == 1 else batch.y.argmax(1)
        order = torch.argsort(y + 0.5 * rng.uniform(n, kind="partner"))  # [B] shuffled, each class in one piece
        ranked = y[order]
        place = torch.arange(n, device=y.device)
        first = torch.searchsorted(ranked, ranked)
        last = torch.searchsorted(ranked, ranked, right=True) - 1
        after = torch.where(place == last, first, place + 1)  # the next of the class, the last one's is the first
        partner = torch.empty_like(order).scatter(0, order, order[after])
        plan = super().plan(batch, rng)
        return plan._replace(partner=partner, wy=torch.ones_like(plan.wy))
