"""mixup whose output for a mixed row is drawn to the mix of the two outputs. A toy, our own; it writes `objective`."""

from dataclasses import dataclass

from mixsuite.mixing import Method, Plan, over, require, run_mean


@dataclass(frozen=True)
class Straight(Method):
    """The net is asked to be straight between two rows. Two forward passes.

    alpha: lambda is drawn from Beta(alpha, alpha), one for each row.
    weight: of the squared distance to the mix of the outputs, at the end of the training; it grows from 0.
    """

    alpha: float = 1.0
    weight: float = 0.5

    label = "matched"
    stackable = True
    mixes_alone = False

    def __post_init__(self):
        super().__post_init__()
        require(self.weight >= 0, "weight", self.weight, ">= 0")

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, n)
        partner = rng.permutation(n)
        return Plan(partner, over(lam, batch.shape), lam)

    def objective(self, tail, state, batch, plan, loss):
        out = tail(self.mix(state, plan))
        clean = tail(state)
        own, other = loss(out, batch.y), loss(out, batch.y[plan.partner])
        if batch.row_weight is not None:
            own = own * batch.row_weight
            other = other * batch.row_weight[plan.partner]
        per_row = plan.wy * own + (1 - plan.wy) * other
        lam = over(plan.wy, out.shape[1:])
        line = lam * clean + (1 - lam) * clean[plan.partner]
        bend = (out - line).square().flatten(1).mean(1)
        return run_mean(per_row + self.weight * batch.progress * bend, batch.runs)
