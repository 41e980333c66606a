"""mixup again, from draws of its own: equal to mixup in law, so that nothing can be better or worse."""

from dataclasses import dataclass

from mixsuite.mixing import Method, Plan, over


@dataclass(frozen=True)
class Twin(Method):
    """mixup(alpha=1) whose partners and lambdas come from streams of other kinds. copy: which ones."""

    copy: int = 1

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(1.0, 1.0, 1, kind=f"lam of twin {self.copy}").expand(n)
        return Plan(rng.permutation(n, kind=f"partner of twin {self.copy}"), over(lam, batch.shape), lam)
