"""Empirical risk minimisation: no mixing, the reference of every table."""

from dataclasses import dataclass, field

from mixsuite.mixing import Method, clean_loss, unmixed_plan


@dataclass(frozen=True)
class Erm(Method):
    """No mixing: every row as it is, with its own target. One forward pass.

    site: does not matter; every task accepts "random".
    """

    site: str = field(default="random", kw_only=True)

    label = "matched"
    pairing = "none"
    lam_law = "1"
    mixes = False
    mixes_alone = True
    stackable = True
    capturable = True

    def plan(self, batch, rng):
        return unmixed_plan(batch)

    def mix(self, h, plan):
        return h

    def objective(self, tail, state, batch, plan, loss):
        return clean_loss(tail(state), batch, loss)
