"""Noisy Feature Mixup (Lim, Erichson, Utrera, Xu and Mahoney 2022, arXiv:2110.02180)."""

from dataclasses import dataclass, field
from typing import Literal

from mixsuite.mixing import Linear, Log, Method, interpolate, mixup_plan, require


@dataclass(frozen=True)
class NoisyFeature(Method):
    """Manifold mixup with additive and multiplicative noise. One forward pass.

    The mixed state z becomes z (1 + m b2 (2 U - 1)) + a b1 N. U is uniform and N normal, drawn for each number;
    b1 and b2 ~ Beta(2, 5) are drawn for each step. In clips and graphs only the first leaf gets noise (our choice).

    add, multiply: a and m.
    alpha, lam:    as for mixup.
    site:          "random" draws among the task's sites.
    """

    add: float = 0.4
    multiply: float = 0.2
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"
    site: str = field(default="random", kw_only=True)

    label = "matched"
    augments = True
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0), "add": Linear(0.0, 0.8), "multiply": Linear(0.0, 0.8)}
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(self.add >= 0, "add", self.add, ">= 0")
        require(self.multiply >= 0, "multiply", self.multiply, ">= 0")

    def plan(self, batch, rng):
        n = len(batch.y)
        plain = mixup_plan(batch, rng, self.alpha, self.lam)
        strong, wide = (rng.beta(2, 5, 1, kind=f"noise {kind}") for kind in ("add", "multiply"))
        scale = 1 + self.multiply * wide * (2 * rng.uniform(n, *batch.shape, kind="noise uniform") - 1)
        shift = self.add * strong * rng.normal(n, *batch.shape, kind="noise normal")
        return plain._replace(extra={"scale": scale, "shift": shift})

    def mix(self, h, plan):
        z = interpolate(h, plan)
        leaf = z[0] if isinstance(z, tuple) else z
        leaf = leaf * plan.extra["scale"].to(leaf.dtype) + plan.extra["shift"].to(leaf.dtype)
        if not isinstance(z, tuple):
            return leaf
        return (leaf * (z[-1] > 0), *z[1:])  # padding stays zero
