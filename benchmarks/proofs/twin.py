"""mixup with draws of its own: equal to mixup in law, so neither can be better."""

from dataclasses import dataclass

from mixsuite.mixing import Method, Plan, over


@dataclass(frozen=True)
class Twin(Method):
    """mixup(alpha=1) whose partners and lambdas come from other random streams. copy: the number of the streams."""

    copy: int = 1

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(1.0, 1.0, 1, kind=f"lam of twin {self.copy}").expand(n)
        return Plan(rng.permutation(n, kind=f"partner of twin {self.copy}"), over(lam, batch.shape), lam)
