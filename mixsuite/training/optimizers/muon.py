"""Muon: momentum made orthogonal (Jordan et al. 2024, a post; Liu et al. 2025, arXiv:2502.16982)."""

from dataclasses import dataclass

import torch

from mixsuite.training.optimizer import Optimizer

_STEP = (3.4445, -4.7750, 2.0315)  # the quintic of Jordan et al., which brings singular values near 1 within 5 rounds


def orthogonal(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """A matrix [m, n] of the same singular vectors, whose singular values lie between about 0.7 and 1.2."""
    a, b, c = _STEP
    x: torch.Tensor = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class MuonSteps(torch.optim.Optimizer):
    """Muon for groups with ``matrices``, AdamW's update for the others."""

    @torch.no_grad()
    def step(self, closure=None):
        """Take one step."""
        for group in self.param_groups:
            update = self._matrix if group["matrices"] else self._other
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    update(weight, group)

    def _matrix(self, weight, group):
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum = state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
        direction = weight.grad.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum
        made = orthogonal(direction.flatten(1))
        scale = max(1.0, made.shape[0] / made.shape[1]) ** 0.5
        weight.add_(made.reshape(weight.shape), alpha=-group["lr"] * scale)

    def _other(self, weight, group):
        state = self.state[weight]
        if not state:
            state |= {"step": 0, "first": torch.zeros_like(weight), "second": torch.zeros_like(weight)}
        state["step"] += 1
        first = state["first"].lerp_(weight.grad, 1 - 0.9)
        second = state["second"].lerp_(weight.grad.square(), 1 - 0.999)
        first, second = first / (1 - 0.9 ** state["step"]), second / (1 - 0.999 ** state["step"])
        weight.addcdiv_(first, second.sqrt() + 1e-8, value=-group["lr"])


@dataclass(frozen=True)
class Muon(Optimizer):
    """Steps of orthogonalised momentum for weights of hidden layers; AdamW for the others.

    Weights of two and more axes are matrices [outputs, the rest], but for the last layer's, which AdamW has, as it has
    biases and norms; which weight is an embedding or a first layer is not known here. An update is scaled by
    sqrt(max(1, outputs / inputs)) (Jordan et al.). ``momentum`` and ``nesterov`` are the recipe's (0.95 there).

    adam_lr: AdamW's learning rate, as a share of the recipe's (our choice).
    """

    adam_lr: float = 0.15

    reference = "https://kellerjordan.github.io/posts/muon/"

    def __post_init__(self):
        if not self.adam_lr > 0:
            raise ValueError(f"adam_lr={self.adam_lr}: allowed is > 0")

    def build(self, weights, recipe):
        """Two groups: matrices, and the rest."""
        *_, last = [name for name, weight in weights.items() if weight.dim() > 1] or [""]
        common = {"weight_decay": recipe.weight_decay, "momentum": recipe.momentum, "nesterov": recipe.nesterov}
        groups = [
            {
                "params": [w for name, w in weights.items() if (w.dim() > 1 and name != last) == matrices],
                "lr": recipe.lr * (1.0 if matrices else self.adam_lr),
                "matrices": matrices,
                **common,
            }
            for matrices in (True, False)
        ]
        return MuonSteps([group for group in groups if group["params"]], {"lr": recipe.lr})
