"""Build Data from a data set and a seed, and a model from a recipe, for all domains."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mixsuite.data.digest import digest
from mixsuite.data.rows import Data, Raw, Subset
from mixsuite.data.state import State, first_leaf, map_leaves, take_rows
from mixsuite.data.streamed import Streamed
from mixsuite.domains.base import Dataset, Domain
from mixsuite.domains.split import count_classes, draw_split
from mixsuite.errors import InputError
from mixsuite.mixing.rng import torch_seed
from mixsuite.mixing.targets import check_values
from mixsuite.models.base import Model, Staged, as_staged
from mixsuite.models.saved_weights import SavedWeights
from mixsuite.stats.fold import Fold


def _targets(y: np.ndarray, kind: str, train: np.ndarray) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """(targets as trained, mean, standard deviation); the last two are the training part's, for regression only."""
    if kind == "class" and y.ndim == 1:
        return torch.from_numpy(y.astype(np.int64)), None, None
    values = torch.from_numpy(y.astype(np.float64)).reshape(len(y), -1)
    if kind != "regression":
        return values, None, None
    mean, std = values[train].mean(0), values[train].std(0, correction=0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    return (values - mean) / std, mean, std


def check_raw(dataset: Dataset, raw: Raw) -> None:
    """Refuse rows that do not have the form of a data set.

    Raises:
        InputError: something is wrong; the message says what, and names the data set.
    """

    def need(good: bool, text: str) -> None:
        if not good:
            raise InputError(f"{type(dataset).__name__}: {text}")

    need(isinstance(raw, Raw), f"load() must return Raw, returns {type(raw).__name__}")
    need(isinstance(raw.y, np.ndarray) and raw.y.ndim in (1, 2), "y must be an array [n] or [n, K]")
    n = len(raw.y)
    need(n > 0, "it has no rows")
    need(hasattr(raw.x, "__len__") and len(raw.x) == n, f"x must have as many rows as y, {n}")
    for name, value in (("split_id", raw.split_id), ("weight", raw.weight)):
        need(value is None or np.shape(value) == (n,), f"{name} must be [{n}]")
    if raw.split_id is not None:
        need(bool(np.isin(raw.split_id, (0, 1, 2)).all()), "split_id must be 0 (train), 1 (validation) or 2 (test)")
    whole = isinstance(raw.rate, int | np.integer) and not isinstance(raw.rate, bool)
    need(
        raw.rate is None or (whole and raw.rate > 0),
        f"rate must be a number of samples per second, is {raw.rate!r:.40}",
    )
    need(raw.y.dtype.kind in "biuf", "y must be numbers")
    try:
        check_values(torch.from_numpy(raw.y.astype(np.float64)), dataset.kind)
    except ValueError as error:
        need(False, str(error))
    need(dataset.kind != "class" or raw.y.ndim == 1 or raw.y.shape[1] > 1, "class numbers must be [n], not [n, 1]")
    if dataset.kind == "class" and raw.y.ndim == 1:
        high, top = int(raw.y.max()), dataset.classes
        need(not top or high < top, f"classes must lie in 0..{top - 1}, go up to {high}")
        if raw.split_id is not None:
            parts = [set(raw.y[raw.split_id == part].tolist()) for part in (0, 2)]
            only = sorted(parts[1] - parts[0])
            need(not only or not parts[0], f"class {only[:1]} has rows in the test part, and none in the training part")
    if raw.weight is not None:
        need(np.asarray(raw.weight).dtype.kind in "biuf", "weights must be numbers")
        need(bool((np.isfinite(raw.weight) & (raw.weight >= 0)).all()), "weights must be finite and not negative")
        need(bool((np.asarray(raw.weight) > 0).any()), "all weights are 0")


def make_data(
    domain: Domain,
    dataset: Dataset,
    raw: Raw,
    seed: int,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    fold: Fold | None = None,
    readers: int = 0,
) -> Data:
    """Split a data set by the seed, encode it by the training part's statistics, and move it to the device.

    Args:
        domain: encodes the rows.
        dataset: says how to split.
        raw: the data set, as it was read.
        seed: the run's seed.
        device: where the tensors go.
        dtype: type of floating-point tensors.
        fold: the inner split on which a setting is chosen; None: the run's own split.
        readers: number of processes that read rows ahead which are not in memory; 0: this one reads.

    Raises:
        InputError: the rows do not have the form of a data set, the split cannot be drawn, the training or test part
            is empty, or the training part has one class only, or no weight.
    """
    check_raw(dataset, raw)
    split = draw_split(dataset, raw, seed, fold)
    if not len(split.train) or not len(split.test):
        raise InputError(
            f"{type(dataset).__name__}: {len(split.train)} training and {len(split.test)} test rows; both must be there"
        )
    if dataset.kind == "class" and raw.y.ndim == 1 and len(np.unique(split.y[split.train])) < 2:
        raise InputError(f"{type(dataset).__name__}: the training part has one class only; give it more rows")
    if raw.weight is not None and not (raw.weight[split.train] > 0).any():
        raise InputError(f"{type(dataset).__name__}: all weights of the training part are 0")
    # Only the rows in use are encoded: a part of a large set costs no more than a small set.
    used = np.sort(np.concatenate([split.train, split.valid, split.test]))
    place = {name: np.searchsorted(used, getattr(split, name)) for name in ("train", "valid", "test")}
    encoded = domain.encode(raw, used, place["train"])
    y, target_mean, target_std = _targets(split.y[used], dataset.kind, place["train"])

    def move(t: Tensor) -> Tensor:
        return t.to(device=device, dtype=dtype if t.is_floating_point() else t.dtype)

    def part(name: str) -> Subset:
        index = torch.from_numpy(place[name])
        if isinstance(encoded.x, Streamed):
            x: State = encoded.x.part(place[name], device=device, dtype=dtype, readers=readers)
        else:
            x = map_leaves(move, take_rows(encoded.x, index))
        rows = getattr(split, name)
        weight = None if raw.weight is None else move(torch.from_numpy(raw.weight[rows].astype(np.float64)))
        return Subset(x, move(y[index]), weight)

    train, clean_labels = part("train"), None
    if dataset.kind == "class" and raw.y.ndim == 1:
        clean_labels = move(torch.from_numpy(raw.y[split.train].astype(np.int64))) if dataset.label_noise else train.y
    return Data(
        train=train,
        valid=part("valid"),
        test=part("test"),
        kind=dataset.kind,
        classes=count_classes(dataset, raw),
        groups=encoded.groups,
        numbers=encoded.numbers,
        rate=raw.rate,
        target_mean=None if target_mean is None else move(target_mean),
        target_std=None if target_std is None else move(target_std),
        split="drawn" if raw.split_id is None else "official",
        clean_labels=clean_labels,
        digests={
            "data": raw.digest,
            "split": digest(split.train, split.valid, split.test, split.y[split.train]),
        },
    )


def make_model(model: Model, data: Data, seed: int, weights: SavedWeights | None = None) -> Staged:
    """Build a model's net on the data's device, with initial weights that depend on the seed only, or from a file.

    Weights are drawn on the host under a forked generator, so they are the same on every device.

    Args:
        model: the net by name, with its parameters.
        data: the data that the net is for.
        seed: the run's seed.
        weights: what the net starts from; None: what the seed draws.

    Raises:
        InputError: the model is not of the form that it says, or the weights are not its own.
        Exception: whatever the model raises.
    """
    first = first_leaf(data.train.x)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(seed, "init"))
        built = as_staged(model.build(data.shown()), model)
    if weights is not None:
        weights.load_into(built)
    return channels_last(built.to(device=first.device, dtype=first.dtype))


def channels_last(net: Staged) -> Staged:
    """The same net, with the weights of its convolutions of pictures in the memory order in which they are fastest.

    A convolution takes this order from its weights, whatever the order of its input, and hands it on. Weights of one
    channel or one pixel are in both orders at once, and only their strides tell which is meant; so all are copied.

    A net with a narrow shortcut stays as it is.
    """
    convolutions = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    if any(map(_narrow_shortcut, convolutions)):
        return net
    for layer in convolutions:
        weight = layer.weight.data
        layer.weight.data = torch.empty_like(weight, memory_format=torch.channels_last).copy_(weight)
    return net


def _narrow_shortcut(layer: nn.Conv2d) -> bool:
    """Whether oneDNN takes the derivative by these weights wrongly, and writes beyond its memory, with channels last.

    It does for strided convolutions of one pixel with fewer channels than a register of the processor holds, 16 at
    most (https://github.com/uxlfoundation/oneDNN/issues/6035).
    """
    return layer.kernel_size == (1, 1) and layer.stride != (1, 1) and layer.groups == 1 and layer.in_channels < 16
