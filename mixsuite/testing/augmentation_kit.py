"""The conformance kit for augmentations: try one on made-up rows of every domain that it is made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from mixsuite.data.rows import Data, Subset
from mixsuite.data.state import Selectable, State, map_leaves, num_rows, take_rows
from mixsuite.domains.augmentation import Augmentation, Augmenter
from mixsuite.errors import InputError
from mixsuite.plugins.guard import guarded
from mixsuite.plugins.load import told
from mixsuite.testing.findings import Finding, applies_somewhere
from mixsuite.testing.samples import made_up_data
from mixsuite.testing.trial import leaves_of, same_tensors

_BATCHES = 8


def check_augmentation(augmentation: Augmentation, domains: Sequence[str] | None = None) -> list[Finding]:
    """Check an augmentation on made-up rows of each built-in domain that it is made for, or of these domains alone."""
    named = type(augmentation).domains
    found: list[Finding] = []
    for domain, data in made_up_data(named, domains):
        try:
            with guarded():
                found += _look(augmentation, data, domain)
        except KeyboardInterrupt:
            raise
        except InputError as error:
            found.append(Finding("note", "applies", domain, "prepare()", "", str(error)))
        except BaseException as error:
            seen = told(error, 300)
            found.append(Finding("problem", "runs", domain, "prepare() and augment()", "no exception", seen))
    return found + applies_somewhere(found, named or domains)


def _look(augmentation: Augmentation, data: Data, domain: str) -> Iterator[Finding]:
    def judged(good: bool, name: str, tried: str, expected: str, seen: str) -> Finding:
        return Finding("ok" if good else "problem", name, domain, tried, expected, "" if good else seen)

    def at(number: int, x: State = data.train.x, data: Data = data) -> tuple[Tensor, ...]:
        return _leaves(Augmenter((augmentation,), data, 7)(x, number))

    before = [leaf.clone() for leaf in _leaves(data.train.x)]
    first = at(0)
    same = same_tensors(_leaves(data.train.x), before)
    yield judged(same, "the input stays", "a batch", "rows as they were", "augment() changes its input in place")
    good = all(bool(leaf.isfinite().all()) for leaf in first)
    yield judged(good, "values are finite", "a batch", "numbers", "values that are not finite")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        state = torch.get_rng_state()
        again = at(0)
        moved = not torch.equal(torch.get_rng_state(), state)
        torch.manual_seed(2)
        other = at(0)
    name, tried = "draws from its rng alone", "batch 0, twice, with torch's generator set otherwise"
    same = not moved and same_tensors(first, again) and same_tensors(first, other)
    yield judged(same, name, tried, "the same rows", "others, or torch's generator is moved: draw from rng")
    alone = at(0, _turned(data.train.x))
    same = all(torch.equal(one[:1], two[:1]) for one, two in zip(first, alone, strict=True))
    tried = "batch 0, with all rows but the first in another order"
    yield judged(same, "each row alone", tried, "the first row as before", "it depends on other rows of the batch")
    double = _double(data)
    types = {leaf.dtype for leaf in at(0, double.train.x, double) if leaf.is_floating_point()}
    yield judged(types == {torch.float64}, "keeps the type", "float64 rows", "float64", f"{types}")
    one = take_rows(data.train.x, torch.zeros(1, dtype=torch.long))
    yield judged(len(at(0, one)[0]) == 1, "a batch of one row", "one row", "one row", "another number")
    rows = [at(number) for number in range(_BATCHES)]
    if all(same_tensors(leaves, before) for leaves in rows):
        yield Finding("note", "changes rows", domain, f"{_BATCHES} batches", "", "it changes nothing here")
    elif all(same_tensors(leaves, first) for leaves in rows):
        yield Finding("note", "differs from batch to batch", domain, f"{_BATCHES} batches", "", "all are changed alike")


def _leaves(x: State) -> tuple[Tensor, ...]:
    assert not isinstance(x, Selectable)  # made-up rows are padded
    return leaves_of(x)


def _turned(x: State) -> State:
    """The first row, and behind it the others in the opposite order."""
    rows = torch.arange(num_rows(x))
    return take_rows(x, torch.cat([rows[:1], rows[1:].flip(0)]))


def _double(data: Data) -> Data:
    to_double = partial(map_leaves, lambda leaf: leaf.double() if leaf.is_floating_point() else leaf)
    part = Subset(to_double(data.train.x), data.train.y)
    return Data(part, part, part, data.kind, data.classes, groups=data.groups, numbers=data.numbers, rate=data.rate)
