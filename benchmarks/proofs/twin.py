"""mixup with draws of its own: equal to mixup in law, so neither can be better."""

from dataclasses import dataclass

from mixsuite.mixing import Log, Method, Plan, over


@dataclass(frozen=True)
class Twin(Method):
    """mixup(alpha=...) whose partners and lambdas come from other random streams. copy: the number of the streams."""

    copy: int = 1
    alpha: float = 1.0

    space = {"alpha": Log(0.1, 4.0)}  # mixup's

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, 1, kind=f"lam of twin {self.copy}").expand(n)
        return Plan(rng.permutation(n, kind=f"partner of twin {self.copy}"), over(lam, batch.shape), lam)
