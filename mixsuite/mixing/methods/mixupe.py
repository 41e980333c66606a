"""MixupE (Zou et al. 2023, arXiv:2212.13381): mixup with a term for the directional derivative of f.

The formulas are those of the authors' public training code, which is all that we know of the algorithm; we do not know
the paper's own sign and threshold.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, class_shares, mixup_plan, require, run_mean, two_term_loss


@dataclass(frozen=True)
class Mixupe(Method):
    """mixup with a further term in the outputs f(x) of a second forward pass on the clean rows x.

    With p = softmax f(x), c = eta * (1 - mean of Beta(alpha + 1, alpha)) = eta * alpha / (2 alpha + 1):

    version  q, per row                                       loss
    "1"      (p - y)' grad f(x) (mean - x), both detached     mixup + c * mean of q where q < tau
    "2"      the same                                         mixup + c * mean of |q|
    "3"      f(x)' (y - p)                                    mixup - c * mean of q where q < tau
    "4"      f(x)' (y - p), (y - p) detached                  mixup - c * mean of q
    "speech" f(x)' (y - p)                                    mixup - c * mean of |q|

    The sum is rescaled by the detached factor |mixup| / |sum|. A mean with a condition divides the sum over the rows
    that meet it by the number of all rows. Versions 1 and 2 take the gradient by double backward through the whole
    batch; ``mean`` is the training mean at the input. The mixed rows pass first, then the clean rows, and both move
    BatchNorm's running statistics. eta = 0 is mixup with a clean pass: the control.
    """

    version: Literal["1", "2", "3", "4", "speech"] = "3"
    eta: float = 0.001
    tau: float = 1.0
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0), "eta": Log(1e-4, 0.1)}
    rows = "2 (versions 1 and 2: 3)"
    kinds = ("class",)
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")
        require(self.eta >= 0, "eta", self.eta, ">= 0")

    @property
    def control(self):
        return super().control or ("twin" if self.eta == 0 else "")

    @property
    def derivative(self):
        """Whether the version takes a derivative with respect to the input."""
        return self.version in ("1", "2")

    @property
    def stackable(self):
        return not self.derivative

    def reject(self, task):
        if self.derivative and self.site != "input":
            return f"versions 1 and 2 differentiate at site 'input' alone, not at '{self.site}'"
        return None

    def prepare(self, train):
        if not self.derivative:
            return {}
        x, mask = (train.x[0], train.x[-1]) if isinstance(train.x, tuple) else (train.x, None)
        return {"mean": x.mean(0) if mask is None else (x * mask).sum(0) / mask.sum(0).clamp(min=1)}

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, self.lam)

    def objective(self, tail, state, batch, plan, loss):
        mixed = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)
        coefficient = self.eta * self.alpha / (2 * self.alpha + 1)
        total = mixed + coefficient * self.term(tail, state, batch)
        return total * (mixed.abs() / total.abs()).detach()

    def term(self, tail, state, batch):
        """The term that is added to mixup's loss, without its coefficient."""
        if self.derivative:
            q = self.slope(tail, state, batch)
            counted = torch.where(q < self.tau, q, 0) if self.version == "1" else q.abs()
            return run_mean(counted, batch.runs)
        out = tail(state)
        residual = class_shares(batch.y, out.shape[1], out.dtype) - out.softmax(1)
        q = (out * (residual.detach() if self.version == "4" else residual)).sum(1)
        counted = {"3": torch.where(q < self.tau, q, 0), "4": q, "speech": q.abs()}[self.version]
        return -run_mean(counted, batch.runs)

    def slope(self, tail, state, batch):
        """q [B] of versions 1 and 2: the derivative towards the training mean."""
        leaves = state if isinstance(state, tuple) else (state,)
        x = leaves[0].detach().requires_grad_()
        out = tail((x, *leaves[1:]) if isinstance(state, tuple) else x)
        residual = (out.softmax(1) - class_shares(batch.y, out.shape[1], out.dtype)).detach()
        direction = (batch.stats["mean"] - x).detach()
        if isinstance(state, tuple):
            direction = direction * leaves[-1]
        return (tail.pullback(out, x, residual) * direction).flatten(1).sum(1)
