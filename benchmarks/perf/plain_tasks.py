"""The tasks of plain_loop.py: rows and nets as a careful user would write them, in plain PyTorch and its libraries.

Split, net, optimiser, steps and batch are those that mixsuite has (matrices.py). Files are read by mixsuite's readers;
nothing else of it is used. Rows that need no step of their own (standardised numbers, log-mel bands) are made once,
before training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from mixsuite.results.data_root import data_root

ROOT = data_root(None)


class Task(NamedTuple):
    """What one run trains on.

    train, test: rows, which a tensor of row numbers selects from, and their classes [n].
    body, head:  the net up to where rows are mixed, and behind.
    optimizer:   makes the optimiser of the net's weights.
    """

    train: tuple[Any, Tensor]
    test: tuple[Any, Tensor]
    body: nn.Module
    head: nn.Module
    optimizer: Callable[[Iterable[Tensor]], torch.optim.Optimizer]
    steps: int
    batch: int


def adam(lr: float) -> Callable[[Iterable[Tensor]], torch.optim.Optimizer]:
    return lambda weights: torch.optim.Adam(weights, lr, fused=True)


def sgd(lr: float, decay: float = 0.0) -> Callable[[Iterable[Tensor]], torch.optim.Optimizer]:
    return lambda weights: torch.optim.SGD(weights, lr, 0.9, weight_decay=decay, nesterov=True, fused=True)


def drawn(y: np.ndarray, rows: int, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw training and test rows where the data have no official parts."""
    rest, tested = train_test_split(np.arange(len(y)), test_size=test, stratify=y, random_state=seed)
    train, _ = train_test_split(rest, train_size=rows, stratify=y[rest], random_state=seed)
    return train, tested


def official(raw: Any, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw training rows of the official training part; the official test part."""
    train, _ = train_test_split(np.flatnonzero(raw.split_id == 0), train_size=rows, random_state=seed)
    return train, np.flatnonzero(raw.split_id == 2)


def parts(x: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> tuple[tuple[Any, Tensor], tuple[Any, Tensor]]:
    target = torch.from_numpy(y.astype(np.int64))
    one, other = torch.from_numpy(train), torch.from_numpy(test)
    return (x[one], target[one]), (x[other], target[other])


def standardised(x: np.ndarray, train: np.ndarray) -> Tensor:
    mean, std = x[train].mean(0), x[train].std(0)
    return torch.tensor((x - mean) / np.where(std > 0, std, 1), dtype=torch.float32)


def pictures(x: np.ndarray, train: np.ndarray) -> Tensor:
    """Standardise [n, H, W, C] per channel -> [n, C, H, W], channels last."""
    x = x.astype(np.float32)
    x = (x - x[train].mean((0, 1, 2))) / x[train].std((0, 1, 2))
    return torch.from_numpy(x).permute(0, 3, 1, 2)


def convolutions(channels: int, widths: list[int], classes: int) -> nn.Module:
    """3x3 convolution, BatchNorm, ReLU, with 2x2 pools between, then the mean over pixels and one Linear."""
    layers: list[nn.Module] = []
    for a, b in pairwise([channels, *widths]):
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers[:-1], nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], classes))


def wine(seed: int) -> Task:
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    train, test = drawn(y, 24, 0.6, seed)
    net = nn.Sequential(nn.Linear(13, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 3))
    return Task(*parts(standardised(x, train), y, train, test), nn.Identity(), net, adam(1e-3), 300, 16)


def digits(seed: int) -> Task:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    train, test = drawn(y, 150, 0.6, seed)
    rows = pictures(x.reshape(-1, 8, 8, 1), train)
    net = convolutions(1, [16, 32], 10)
    return Task(*parts(rows, y, train, test), nn.Identity(), net, sgd(0.05), 300, 32)


def fashion(seed: int) -> Task:
    from mixsuite.domains.images.datasets.fashion_mnist import FashionMnist

    raw = FashionMnist().load(ROOT)
    train, test = official(raw, 2000, seed)
    rows = pictures(raw.x[..., None], train)
    net = convolutions(1, [16, 32, 64], 10)
    return Task(*parts(rows, raw.y, train, test), nn.Identity(), net, sgd(0.05, 5e-4), 100, 64)


def resnet(seed: int) -> Task:
    """ResNet-18 as public code for CIFAR has it: torchvision's, with a 3x3 stem and without the first pooling."""
    from torchvision.models import resnet18

    from mixsuite.domains.images.datasets.cifar10_part import Cifar10Part

    raw = Cifar10Part().load(ROOT)
    train, test = official(raw, 500, seed)
    net = resnet18(num_classes=10)
    net.conv1, net.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return Task(*parts(pictures(raw.x, train), raw.y, train, test), nn.Identity(), net, sgd(0.05, 5e-4), 2, 32)


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
    from mixsuite.domains.speech.datasets.japanese_vowels import JapaneseVowels

    raw = JapaneseVowels().load(ROOT)
    x = np.zeros((len(raw.x), 13, max(clip.shape[1] for clip in raw.x)), dtype=np.float32)
    for place, clip in enumerate(raw.x):
        x[place, :12, : clip.shape[1]], x[place, 12, : clip.shape[1]] = clip, 1
    train, test = official(raw, 120, seed)
    frames = np.concatenate([raw.x[i] for i in train], axis=1)
    x[:, :12] = (x[:, :12] - frames.mean(1)[:, None]) / frames.std(1)[:, None] * x[:, 12:]
    return Task(*parts(torch.from_numpy(x), raw.y, train, test), nn.Identity(), Clips(), sgd(0.05), 250, 32)


def commands(_: int) -> Task:
    """VGG-11 with BatchNorm and half its channels on log-mel bands, which are made once: they have no weights."""
    from torchaudio.transforms import MelSpectrogram
    from torchvision.models.vgg import make_layers

    from mixsuite.domains.speech.datasets.speech_commands import SpeechCommands

    raw = SpeechCommands().load(ROOT)
    waves = torch.zeros(len(raw.x), 16000)
    for place, clip in enumerate(raw.x):
        waves[place, : clip.shape[1]] = torch.from_numpy(clip[0])
    mel = MelSpectrogram(16000, n_fft=512, win_length=400, hop_length=160, n_mels=40)
    bands = torch.cat([torch.log(mel(some) + 1e-6) for some in waves.split(512)])[:, None]
    train, test = np.flatnonzero(raw.split_id == 0), np.flatnonzero(raw.split_id == 2)
    std, mean = torch.std_mean(bands[train], (0, 1, 3), keepdim=True)
    plan = [32, "M", 64, "M", 128, 128, "M", 256, 256, "M", 256, 256, "M"]
    layers = make_layers([32, *plan[1:]], batch_norm=True)
    layers[0] = nn.Conv2d(1, 32, 3, padding=1, bias=False)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            layer.bias = None  # BatchNorm would remove it
    net = nn.Sequential(layers, nn.Flatten(), nn.Linear(256 * 3, 256), nn.Linear(256, 10))
    return Task(*parts((bands - mean) / std, raw.y, train, test), nn.Identity(), net, adam(3e-3), 6, 32)


class Graphs:
    """Graphs by number, put together as torch_geometric does, without its objects for each graph."""

    def __init__(self, x: list[Tensor], edges: list[Tensor]) -> None:
        self.x, self.edges = x, edges

    def __getitem__(self, rows: Tensor) -> Any:
        """(features [M, F], edges [2, E], graph of each node [M], number of graphs)."""
        numbers = rows.tolist()
        x, edges = [self.x[i] for i in numbers], [self.edges[i] for i in numbers]
        sizes = torch.tensor([len(one) for one in x])
        moved = (sizes.cumsum(0) - sizes).repeat_interleave(torch.tensor([one.shape[1] for one in edges]))
        both = torch.cat(edges, 1)
        device = both.device
        graph = torch.arange(len(rows)).repeat_interleave(sizes)
        return torch.cat(x), both + moved.to(device), graph.to(device), len(rows)

    def to(self, device: str, **_: Any) -> Graphs:
        return Graphs([one.to(device) for one in self.x], [one.to(device) for one in self.edges])


class Gin(nn.Module):
    """GIN layers and the sum over the nodes of each graph: -> [N, width]."""

    def __init__(self, features: int, width: int = 32, layers: int = 3) -> None:
        from torch_geometric.nn import GINConv

        super().__init__()
        sizes = [features, *[width] * layers]
        self.layers = nn.ModuleList([GINConv(nn.Linear(a, b, bias=False)) for a, b in pairwise(sizes)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(width) for _ in self.layers])

    def forward(self, graphs: Any) -> Tensor:
        from torch_geometric.nn import global_add_pool

        x, edges, graph, count = graphs
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = torch.relu(norm(layer(x, edges)))
        return global_add_pool(x, graph, count)


def molecules(raw: Any, rows: int, test: float, steps: int, batch: int, seed: int) -> Task:
    train, tested = drawn(raw.y, rows, test, seed)
    x = [torch.tensor(features, dtype=torch.float32) for features, _ in raw.x]
    edges = [torch.tensor(ties, dtype=torch.int64) for _, ties in raw.x]
    y = torch.from_numpy(raw.y.astype(np.int64))

    def part(numbers: np.ndarray) -> tuple[Graphs, Tensor]:
        return Graphs([x[i] for i in numbers], [edges[i] for i in numbers]), y[numbers]

    body, head = Gin(x[0].shape[1]), nn.Linear(32, 2)
    return Task(part(train), part(tested), body, head, adam(5e-3), steps, batch)


def b3db(seed: int) -> Task:
    from mixsuite.domains.graphs.datasets.b3db import B3db

    return molecules(B3db().load(ROOT), 200, 0.4, 300, 16, seed)


def nci1(seed: int) -> Task:
    from mixsuite.domains.graphs.datasets.tu import Tu

    return molecules(Tu("NCI1").load(ROOT), 1000, 0.3, 500, 32, seed)


def letters(seed: int) -> tuple[tuple[Any, Tensor], tuple[Any, Tensor]]:
    from mixsuite.domains.tabular.datasets.letter import Letter

    raw = Letter().load(ROOT)
    train, test = drawn(raw.y, 4000, 0.3, seed)
    return parts(standardised(raw.x.to_numpy(np.float64), train), raw.y, train, test)


class Numbers(nn.Module):
    """The authors' FT-Transformer for columns of numbers alone. [N, columns] -> [N, classes]."""

    def __init__(self, columns: int, classes: int) -> None:
        from rtdl_revisiting_models import FTTransformer

        super().__init__()
        sizes = {"n_blocks": 3, "d_block": 96, "attention_n_heads": 8, "ffn_d_hidden_multiplier": 4 / 3}
        dropout = {"attention_dropout": 0.2, "ffn_dropout": 0.1, "residual_dropout": 0.0}
        self.net = FTTransformer(n_cont_features=columns, cat_cardinalities=[], d_out=classes, **sizes, **dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x, None)


def ft_transformer(seed: int) -> Task:
    return Task(*letters(seed), nn.Identity(), Numbers(16, 26), adam(1e-3), 40, 64)


def tabm(seed: int) -> Task:
    from tabm import TabM

    net = TabM.make(n_num_features=16, d_out=26, k=32, n_blocks=3, d_block=512, dropout=0.1)
    return Task(*letters(seed), nn.Identity(), net, adam(1e-3), 10, 64)


TASKS: dict[str, Callable[[int], Task]] = {
    "wine": wine, "digits": digits, "japanese_vowels": japanese_vowels, "b3db": b3db, "resnet": resnet,
    "fashion": fashion, "commands": commands, "nci1": nci1, "ft_transformer": ft_transformer, "tabm": tabm,
}  # fmt: skip
