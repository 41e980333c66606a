"""Label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7), an ablation in mixup's section 3.8."""

from dataclasses import dataclass

from mixsuite.mixing import Linear, Method, class_shares, clean_loss, require, unmixed_plan


@dataclass(frozen=True)
class LabelSmoothing(Method):
    """Nothing is mixed; the target is (1 - eps) y + eps / C for C classes. One forward pass.

    eps: the share of the target that is spread over all classes, the true one included.
    """

    eps: float = 0.1

    label = "own"
    pairing = "none"
    lam_law = "1"
    space = {"eps": Linear(0.0, 0.4)}
    kinds = ("class",)
    stackable = True
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.eps < 1, "eps", self.eps, "0 to below 1")

    def plan(self, batch, rng):
        return unmixed_plan(batch)

    def objective(self, tail, state, batch, plan, loss):
        out = tail(self.mix(state, plan))
        classes = out.shape[1]
        smooth = (1 - self.eps) * class_shares(batch.y, classes, out.dtype) + self.eps / classes
        return clean_loss(out, batch._replace(y=smooth), loss)
