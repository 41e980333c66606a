"""mixup beside a net that stays near what it said of a row before. It keeps a `memory`.

After temporal ensembling (Laine & Aila 2017, arXiv:1610.02242): the mean of earlier outputs is a row's second target.
"""

from dataclasses import dataclass

import torch
from torch import nn

from mixsuite.mixing import Method, clean_loss, mixup_plan, require, run_mean, two_term_loss


class Table(nn.Module):
    """mean: [rows, outputs] moving means of outputs; seen: [rows] how often a row was met."""

    def __init__(self, rows, outputs):
        super().__init__()
        self.register_buffer("mean", torch.zeros(rows, outputs))
        self.register_buffer("seen", torch.zeros(rows))


@dataclass(frozen=True)
class Recalled(Method):
    """The loss of mixed rows and of clean ones, and the distance of clean outputs to those before. Two forward passes.

    alpha: lambda is drawn from Beta(alpha, alpha), one for the batch.
    keep: share of the earlier mean that stays when a row is met.
    weight: of the squared distance.
    """

    alpha: float = 1.0
    keep: float = 0.6
    weight: float = 0.5

    domains = ("images", "tabular")
    label = "matched"
    stackable = False
    mixes_alone = False
    needs_x = True
    needs_rows = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.keep < 1, "keep", self.keep, "0 to below 1")

    def memory(self, net, train):
        if train is None:
            raise ValueError("Recalled needs the training part")
        return Table(train.rows, train.classes)

    def remember(self, batch, net):
        table, rows = batch.memory, batch.rows
        with torch.no_grad():
            training = net.training
            net.eval()
            out = net(batch.x).reshape(len(rows), -1).to(table.mean.dtype)
            net.train(training)
            table.mean[rows] = self.keep * table.mean[rows] + (1 - self.keep) * out
            table.seen[rows] += 1

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, "batch")

    def objective(self, tail, state, batch, plan, loss):
        mixed = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)
        out = tail(state)
        seen = batch.memory.seen[batch.rows]
        before = batch.memory.mean[batch.rows] / (1 - self.keep**seen).clamp_min(1e-6)[:, None]
        drift = (out.reshape(before.shape) - before).square().mean(1) * (seen > 0)
        return 0.5 * (mixed + clean_loss(out, batch, loss)) + self.weight * run_mean(drift, batch.runs)
