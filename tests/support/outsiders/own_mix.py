"""Mixup with noise of its own on the mixed rows (a hook of its own: ``mix``)."""

from dataclasses import dataclass

from mixsuite.mixing import Method, Plan, interpolate, over


@dataclass(frozen=True)
class OwnMix(Method):
    """alpha: lambda is drawn from Beta(alpha, alpha). std: of the noise, where both rows have a share."""

    alpha: float = 0.4
    std: float = 0.1

    label = "matched"
    stackable = True

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, n)
        noise = rng.normal(n, kind="noise") * (lam * (1 - lam))
        return Plan(rng.permutation(n), over(lam, batch.shape), lam, extra={"noise": self.std * noise})

    def mix(self, h, plan):
        mixed = interpolate(h, plan)
        first, rest = (mixed[0], mixed[1:]) if isinstance(mixed, tuple) else (mixed, None)
        share = plan.wx if plan.wx.dim() == first.dim() else plan.wx.reshape(-1, *[1] * (first.dim() - 1))
        noise = plan.extra["noise"].reshape(-1, *[1] * (first.dim() - 1)) * (share < 1)
        first = first + noise.to(first.dtype)
        return first if rest is None else (first, *rest)
