"""Source text of plugins that strangers write."""

INTRA_MIX = '''"""Mix every example with another one of its own class; the target stays hard."""
from dataclasses import dataclass
import torch
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class IntraMix(Method):
    """Within-class mixup. alpha: the weight is drawn from Beta(alpha, alpha), one per example."""
    alpha: float = 1.0

    def plan(self, batch, rng):
        y, n = batch.y, len(batch.y)
        order = torch.argsort(y + 0.5 * rng.uniform(n, kind="partner"))        # [B] shuffled, equal labels adjacent
        partner = order.roll(1)[torch.argsort(order)]
        partner = torch.where(y[partner] == y, partner, torch.arange(n, device=y.device))
        lam = rng.beta(self.alpha, self.alpha, n)
        return Plan(partner=partner, wx=over(lam, batch.shape), wy=torch.ones_like(lam))
'''
