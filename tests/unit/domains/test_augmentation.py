"""The contract of an augmentation, and its use in a run."""

from dataclasses import dataclass

import pytest
import torch
from support.augmentations import rows_as_data

from mixsuite.domains.augmentation import Augmentation, Augmenter


@dataclass(frozen=True)
class Moved(Augmentation):
    """Rows plus a draw, and what prepare saw."""

    def prepare(self, data):
        return float(data.train.x.sum())

    def augment(self, x, rng, seen):
        return x + seen + rng.uniform(len(x), kind="move")[:, None]


@dataclass(frozen=True)
class Doubled(Augmentation):
    def augment(self, x, rng, seen):
        assert seen is None
        return 2 * x


def test_they_come_one_after_another_and_each_sees_what_it_prepared():
    x = torch.ones(4, 3)
    first = Augmenter((Moved(), Doubled()), rows_as_data(x), 0)(x, 5)
    moved = Augmenter((Moved(),), rows_as_data(x), 0)(x, 5)
    assert torch.equal(first, 2 * moved)
    assert bool(((moved >= 13) & (moved < 14)).all())


def test_draws_depend_on_the_seed_and_the_batch_alone():
    x = torch.ones(4, 3)
    one, other = (Augmenter((Moved(),), rows_as_data(x), 3) for _ in range(2))
    batches = [one(x, number) for number in range(3)]
    assert torch.equal(other(x, 2), batches[2])  # in whatever order
    assert not torch.equal(batches[0], batches[1])
    assert not torch.equal(Augmenter((Moved(),), rows_as_data(x), 4)(x, 2), batches[2])
    more = other(x, 2, more=True)
    assert not torch.equal(more, batches[2])
    assert torch.equal(other(x[:2], 2, more=True), Augmenter((Moved(),), rows_as_data(x), 3)(x[:2], 2, more=True))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x[:2], r"of the form \[4, 3\] torch.float32, returned \[2, 3\] torch.float32"),
        (lambda x: x.double(), r"returned \[4, 3\] torch.float64"),
        (lambda x: (x, x), r"returned \['\[4, 3\]"),
        (lambda x: None, "returned NoneType"),
    ],
)
def test_rows_of_another_form_are_refused(change, said):
    bad = dataclass(frozen=True)(type("Bad", (Augmentation,), {"augment": lambda self, x, rng, seen: change(x)}))()
    with pytest.raises(ValueError, match=rf"Bad: augment\(\) must return rows .*{said}"):
        Augmenter((bad,), rows_as_data(torch.ones(4, 3)), 0)(torch.ones(4, 3), 0)
