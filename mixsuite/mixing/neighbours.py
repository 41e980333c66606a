"""Rows of the training part by nearness and by class, for methods whose partners come from the whole of it."""

from __future__ import annotations

import torch
from torch import Tensor

from mixsuite.mixing.method import Batch, TrainInfo
from mixsuite.mixing.rng import Rng
from mixsuite.mixing.targets import hard_labels

_BLOCK = 512  # rows whose distances are computed at once


def nearest(train: TrainInfo, k: int, within: bool = False) -> Tensor:
    """The numbers [n, K] of each row's K = min(k, n - 1) nearest training rows, the nearest first, without itself.

    Distances are Euclidean over the first leaf. Equal ones are ordered by number.

    Args:
        train: the training part.
        k: number of neighbours.
        within: look in the row's own class alone; where it has fewer others than K, they repeat, and a row that is
            alone in its class is its own neighbour.
    """
    x = (train.x[0] if isinstance(train.x, tuple) else train.x).flatten(1).float()
    n = len(x)
    count = max(1, min(k, n - 1))
    here = torch.arange(n, device=x.device)
    labels = hard_labels(train.y) if within else None
    found = []
    for rows in here.split(_BLOCK):
        apart = torch.cdist(x[rows], x)
        apart[torch.arange(len(rows), device=x.device), rows] = torch.inf
        if labels is not None:
            apart = apart.masked_fill(labels[rows][:, None] != labels[None, :], torch.inf)
        order = apart.argsort(dim=1, stable=True)
        if labels is None:
            found.append(order[:, :count])
            continue
        others = apart.isfinite().sum(1)
        place = torch.arange(count, device=x.device) % others.clamp(min=1)[:, None]
        found.append(torch.where((others > 0)[:, None], order.gather(1, place), rows[:, None]))
    return torch.cat(found)


def rows_by_class(train: TrainInfo) -> dict[str, Tensor]:
    """The training rows class by class, as "by_class" [n], and where each class that occurs begins and ends there."""
    labels = hard_labels(train.y)
    order = labels.argsort(stable=True)
    _, counts = labels.unique(return_counts=True)
    ends = counts.cumsum(0)
    return {"by_class": order, "begins": ends - counts, "ends": ends}


def drawn_by_class(batch: Batch, rng: Rng) -> Tensor:
    """Numbers [B] of training rows: for each row of the batch a class is drawn uniformly, then a row of it.

    batch.stats must hold ``rows_by_class``.
    """
    n, stats = len(batch.y), batch.stats
    begins, ends = stats["begins"], stats["ends"]
    which = (rng.uniform(n, kind="class") * len(begins)).long()
    size = (ends - begins)[which]
    place = torch.minimum((rng.uniform(n, kind="row of class") * size).long(), size - 1)
    return stats["by_class"][begins[which] + place]
