"""mixup whose mixed rows are shifted in brightness besides. A toy, our own; it writes `mix`."""

from dataclasses import dataclass

from mixsuite.mixing import Method, Plan, interpolate, over, require


@dataclass(frozen=True)
class Shifted(Method):
    """Mixed rows move by a normal number, the most at a share of one half. One forward pass.

    alpha: lambda is drawn from Beta(alpha, alpha), one for each row.
    scale: standard deviation of the shift at a share of one half.
    """

    alpha: float = 1.0
    scale: float = 0.1

    domains = ("images", "tabular")
    label = "matched"
    stackable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.scale >= 0, "scale", self.scale, ">= 0")

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, n)
        partner = rng.permutation(n)
        shift = rng.normal(n, kind="shift")
        return Plan(partner, over(lam, batch.shape), lam, extra={"shift": over(shift, batch.shape)})

    def mix(self, h, plan):
        z = interpolate(h, plan)
        height = 4 * self.scale * plan.wx * (1 - plan.wx)
        return z + (height * plan.extra["shift"]).to(z.dtype)
