"""Ensembles in one net: several predictions a row in training, and one in evaluation."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MeanOfMembers(nn.Module):
    """Predictions [N, K, outputs] as they are in training; in evaluation their mean [N, outputs].

    The mean is over probabilities, given as logits; for regression over values.

    kind: "class", "multilabel" or "regression".
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, out: Tensor) -> Tensor:
        """[N, K, outputs] -> [N, K, outputs] or [N, outputs]."""
        if self.training:
            return out
        if self.kind == "class":
            return torch.logsumexp(out.log_softmax(2), 1)  # up to a constant, which softmax ignores
        if self.kind == "multilabel":
            p, q = (torch.logsumexp(nn.functional.logsigmoid(side), 1) for side in (out, -out))
            return p - q
        return out.mean(1)
