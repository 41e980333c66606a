"""Label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7), an ablation in mixup's section 3.8."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over
from mixsuite.mixing.contract import require
from mixsuite.mixing.engine import clean_loss


@dataclass(frozen=True)
class LabelSmoothing(Method):
    """Nothing is mixed; the target is (1 - eps) y + eps / C over C classes. One forward pass.

    eps: the share of the target that is spread over all classes, the true one included.
    """

    eps: float = 0.1

    label = "own"
    pairing = "none"
    lam_law = "1"
    stackable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.eps < 1, "eps", self.eps, "0 to below 1")

    def reject(self, task):
        return None if task.kind == "class" else f"label_smoothing needs classes, not {task.kind}"

    def plan(self, batch, rng):
        n = len(batch.y)
        one = torch.ones(n, device=batch.y.device)
        return Plan(torch.arange(n, device=batch.y.device), over(one, batch.shape), one)

    def objective(self, tail, state, batch, plan, loss):
        out = tail(self.mix(state, plan))
        classes, y = out.shape[1], batch.y
        hard = y if y.dim() == 2 else torch.nn.functional.one_hot(y, classes)
        smooth = (1 - self.eps) * hard.to(out.dtype) + self.eps / classes
        return clean_loss(out, batch._replace(y=smooth), loss)
