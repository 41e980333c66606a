"""The usual way to train, done with care, as a yardstick: one process a run, an eager loop, mixup in the step.

`python plain_loop.py wine 0` trains one seed of a task and prints its test error. Rows are in memory, a batch is one
selection from them; the optimiser is fused; pictures and weights of convolutions are in channels-last order; nothing in
a step waits for the device; evaluation takes large batches in inference mode. It uses none of mixsuite's engine,
trainer or random streams. Its tasks are in plain_tasks.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch
from plain_tasks import TASKS, Task
from torch import Tensor, nn
from torch.nn import functional as F


def batches(rows: int, batch: int, device: str) -> Iterator[Tensor]:
    """Row numbers [batch] without end: each epoch in a new order, the last rows of an order left out."""
    while True:
        yield from torch.randperm(rows).to(device).split(batch)[: rows // batch]


def loss_of(out: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of outputs [N, classes], or of the outputs of K members [N, K, classes], each with a loss."""
    return F.cross_entropy(out.flatten(0, -2), y if out.dim() == 2 else y.repeat_interleave(out.shape[1]))


def train(task: Task, scale: int, device: str) -> float:
    """Train one run with mixup(alpha=1) and a learning rate that falls linearly to 0; return the test error."""
    net = nn.Sequential(task.body, task.head).to(device, memory_format=torch.channels_last).train()
    (rows, targets), steps = (part.to(device) for part in task.train), task.steps * scale
    if isinstance(rows, Tensor) and rows.dim() == 4:
        rows = rows.contiguous(memory_format=torch.channels_last)
    optimizer = task.optimizer(net.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _, picked in zip(range(steps), batches(len(targets), task.batch, device), strict=False):
        h, y = task.body(rows[picked]), targets[picked]
        lam, order = np.random.beta(1.0, 1.0), torch.randperm(len(y)).to(device)  # noqa: NPY002
        out = task.head(torch.lerp(h[order], h, lam))
        loss = lam * loss_of(out, y) + (1 - lam) * loss_of(out, y[order])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return error(net.eval(), *(part.to(device) for part in task.test))


@torch.inference_mode()
def error(net: nn.Module, rows: Tensor, targets: Tensor) -> float:
    """The share of rows whose class is not the net's; members predict by the mean of their probabilities."""
    wrong = torch.zeros((), dtype=torch.int64, device=targets.device)
    for picked in torch.arange(len(targets), device=targets.device).split(512):
        out = net(rows[picked])
        wrong += ((out if out.dim() == 2 else out.softmax(2).mean(1)).argmax(1) != targets[picked]).sum()
    return int(wrong) / len(targets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("seed", type=int)
    parser.add_argument("--times", type=int, default=1, help="so many times the steps, to time training alone")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    np.random.seed(asked.seed)  # noqa: NPY002
    print(f"{asked.task} {asked.seed} {train(TASKS[asked.task](asked.seed), asked.times, asked.device):.4f}")


if __name__ == "__main__":
    main()
