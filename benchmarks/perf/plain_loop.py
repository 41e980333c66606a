"""The usual way to train, as a yardstick: one process per run, a DataLoader, and mixup in the collate function.

It is an eager loop with default threads. `python plain_loop.py wine 0` trains one seed of a quick task and prints its
test error. The sizes of the split, model, optimiser, steps and batch are those of the quick matrix. It uses none of
mixsuite's engine, trainer or random streams; only the files of two data sets are read by mixsuite's readers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

Task = tuple[Any, Any, nn.Module, torch.optim.Optimizer, int, int]  # train, test, model, optimiser, steps, batch


def adam(model: nn.Module, lr: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr)


def sgd(model: nn.Module, lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr, momentum=0.9, nesterov=True)


def split(y: np.ndarray, rows: int, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rest, tested = train_test_split(np.arange(len(y)), test_size=test, stratify=y, random_state=seed)
    train, _ = train_test_split(rest, train_size=rows, stratify=y[rest], random_state=seed)
    return train, tested


def standardised(x: np.ndarray, train: np.ndarray) -> Tensor:
    mean, std = x[train].mean(0), x[train].std(0)
    return torch.tensor((x - mean) / np.where(std > 0, std, 1), dtype=torch.float32)


def parts(x: Tensor, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> tuple[TensorDataset, TensorDataset]:
    target = torch.tensor(y)
    return TensorDataset(x[train], target[train]), TensorDataset(x[test], target[test])


def wine(seed: int) -> Task:
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    train, test = split(y, 24, 0.6, seed)
    model = nn.Sequential(nn.Linear(13, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 3))
    return (*parts(standardised(x, train), y, train, test), model, adam(model, 1e-3), 300, 16)


def digits(seed: int) -> Task:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    train, test = split(y, 150, 0.6, seed)
    pictures = torch.tensor((x - x[train].mean()) / x[train].std(), dtype=torch.float32).reshape(-1, 1, 8, 8)
    first = nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)
    second = nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
    model = nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(32, 10))
    return (*parts(pictures, y, train, test), model, sgd(model, 0.05), 300, 32)


class Clips(nn.Module):
    """Two convolutions over time and a mean over each clip's frames: [N, C + 1, T] -> [N, 9]; channel C: mask."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv1d(12, 32, 5, padding=2, bias=False), nn.Conv1d(32, 64, 3, padding=1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm1d(32), nn.BatchNorm1d(64)])
        self.head = nn.Linear(64, 9)

    def forward(self, x: Tensor) -> Tensor:
        x, mask = x[:, :-1], x[:, -1:]
        for conv, norm in zip((self.one, self.two), self.norms, strict=True):
            x = torch.relu(norm(conv(x))) * mask
        return self.head(x.sum(2) / mask.sum(2).clamp(min=1))


def japanese_vowels(seed: int) -> Task:
    from pathlib import Path

    from mixsuite.domains.speech.datasets.japanese_vowels import JapaneseVowels

    raw = JapaneseVowels().load(Path())
    longest = max(clip.shape[1] for clip in raw.x)
    x = np.zeros((len(raw.x), 13, longest), dtype=np.float32)
    for place, clip in enumerate(raw.x):
        x[place, :12, : clip.shape[1]], x[place, 12, : clip.shape[1]] = clip, 1
    train, _ = train_test_split(np.flatnonzero(raw.split_id == 0), train_size=120, random_state=seed)
    frames = np.concatenate([raw.x[i] for i in train], axis=1)
    x[:, :12] = (x[:, :12] - frames.mean(1)[:, None]) / frames.std(1)[:, None] * x[:, 12:]
    model = Clips()
    return (*parts(torch.tensor(x), raw.y, train, np.flatnonzero(raw.split_id == 2)), model, sgd(model, 0.05), 250, 32)


class Molecules(nn.Module):
    """Three GIN layers and the sum over nodes. ``embed`` and ``head`` are apart, so embeddings can be mixed."""

    def __init__(self, features: int) -> None:
        from torch_geometric.nn import GINConv

        super().__init__()
        sizes = [features, 32, 32, 32]
        self.layers = nn.ModuleList([GINConv(nn.Linear(a, b)) for a, b in pairwise(sizes)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(32) for _ in self.layers])
        self.head = nn.Linear(32, 2)

    def embed(self, graphs: Any) -> Tensor:
        from torch_geometric.nn import global_add_pool

        x = graphs.x
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = torch.relu(norm(layer(x, graphs.edge_index)))
        return global_add_pool(x, graphs.batch)

    def forward(self, graphs: Any) -> Tensor:
        return self.head(self.embed(graphs))


def b3db(seed: int) -> Task:
    from pathlib import Path

    from torch_geometric.data import Data

    from mixsuite.domains.graphs.datasets.b3db import B3db

    raw = B3db().load(Path())
    train, test = split(raw.y, 200, 0.4, seed)
    graphs = [
        Data(x=torch.tensor(x), edge_index=torch.tensor(edges), y=int(y))
        for (x, edges), y in zip(raw.x, raw.y, strict=True)
    ]
    model = Molecules(graphs[0].x.shape[1])
    return [graphs[i] for i in train], [graphs[i] for i in test], model, adam(model, 5e-3), 300, 16


TASKS: dict[str, Callable[[int], Task]] = {
    "wine": wine, "digits": digits, "japanese_vowels": japanese_vowels, "b3db": b3db,
}  # fmt: skip


def mixing_collate(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor, float]:
    """Apply mixup where it usually is: on the CPU, while the batch is put together."""
    x, y = (torch.stack(items) for items in zip(*batch, strict=True))
    lam, order = np.random.beta(1.0, 1.0), torch.randperm(len(x))  # noqa: NPY002
    return lam * x + (1 - lam) * x[order], y, y[order], lam


def endless(loader: Any) -> Any:
    while True:
        yield from loader


def train(task: Task, graphs: bool, scale: int, device: str) -> float:
    """Train one run with mixup(alpha=1) and a learning rate that falls linearly to 0; return the test error."""
    rows, tested, model, optimizer, steps, batch = task
    steps *= scale
    if graphs:
        from torch_geometric.loader import DataLoader as GraphLoader

        loader: Any = GraphLoader(rows, batch_size=batch, shuffle=True, drop_last=True)
        test_loader: Any = GraphLoader(tested, batch_size=256)
    else:
        loader = DataLoader(rows, batch_size=batch, shuffle=True, drop_last=True, collate_fn=mixing_collate)
        test_loader = DataLoader(tested, batch_size=256)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.to(device).train()
    for _, items in zip(range(steps), endless(loader), strict=False):
        if graphs:
            items = items.to(device)
            h, lam, order = model.embed(items), np.random.beta(1.0, 1.0), torch.randperm(items.num_graphs)  # noqa: NPY002
            out, y, other = model.head(lam * h + (1 - lam) * h[order]), items.y, items.y[order]
        else:
            x, y, other, lam = *(part.to(device) for part in items[:3]), items[3]
            out = model(x)
        loss = lam * F.cross_entropy(out, y) + (1 - lam) * F.cross_entropy(out, other)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    wrong = total = 0
    with torch.no_grad():
        for items in test_loader:
            x, y = (items.to(device), items.y.to(device)) if graphs else (part.to(device) for part in items)
            wrong += int((model(x).argmax(1) != y).sum())
            total += len(y)
    return wrong / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("seed", type=int)
    parser.add_argument("--times", type=int, default=1, help="so many times the steps, to time training alone")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    np.random.seed(asked.seed)  # noqa: NPY002
    error = train(TASKS[asked.task](asked.seed), asked.task == "b3db", asked.times, asked.device)
    print(f"{asked.task} {asked.seed} {error:.4f}")


if __name__ == "__main__":
    main()
