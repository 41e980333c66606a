"""Rows that are read as they are needed, against the same rows in memory."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mixsuite.data.digest import digest
from mixsuite.data.state import first_leaf, num_rows, take_rows
from mixsuite.data.streamed import BLOCK, RowReader, Streamed
from mixsuite.errors import InputError, SkipRun

X = torch.arange(300, dtype=torch.float32).reshape(100, 3)


@dataclass(frozen=True, eq=False)
class Table(RowReader):
    """Rows of X; row ``bad`` cannot be read."""

    bad: int = -1
    leaves: int = 1

    @property
    def identity(self):
        return f"table {self.bad}"

    def __len__(self):
        return len(X)

    def read(self, row: int) -> Tensor:
        if row == self.bad:
            raise InputError(f"row {row}: damaged")
        return X[row] if self.leaves == 1 else (X[row], X[row, :1])


ROWS = np.arange(100)[::-1].copy()
READERS = [0, pytest.param(2, marks=pytest.mark.slow)]


def doubled(x):
    return 2 * x


def test_rows_are_taken_by_their_places_in_the_part():
    x = Streamed(Table(), ROWS, doubled, dtype=torch.float64)
    assert torch.equal(take_rows(x, torch.tensor([0, 5])), 2 * X[[99, 94]].double())
    assert (num_rows(x), first_leaf(x).shape, first_leaf(x).dtype) == (100, (1, 3), torch.float64)
    part = x.part(np.array([3, 1]))
    assert torch.equal(part.take(torch.arange(2)), 2 * X[[96, 98]].double())


@pytest.mark.parametrize("readers", READERS)
def test_batches_come_in_the_order_that_was_asked_for(readers):
    x = Streamed(Table(), ROWS, readers=readers)
    order = np.random.default_rng(0).integers(0, 100, (30, 7))
    before = torch.get_rng_state()
    found = torch.stack(list(x.batches(order)))
    assert torch.equal(found, X[ROWS[order]])
    assert torch.equal(torch.cat(list(x.in_order())), X.flip(0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("readers", READERS)
def test_rows_may_have_several_leaves(readers):
    (one, other), *_ = Streamed(Table(leaves=2), ROWS, readers=readers).batches([np.array([0, 1])])
    assert torch.equal(one, X[[99, 98]])
    assert torch.equal(other, X[[99, 98], :1])


@pytest.mark.parametrize("readers", READERS)
def test_a_row_that_cannot_be_read_is_one_line(readers):
    x = Streamed(Table(bad=90), ROWS, readers=readers)
    with pytest.raises(InputError, match=r"^row 90: damaged$"):
        list(x.batches(np.arange(100).reshape(10, 10)))
    with pytest.raises(InputError, match=r"^row 90: damaged$"):
        x.take(torch.tensor([9]))


def test_blocks_are_of_a_bounded_size():
    x = Streamed(Table(), ROWS)
    assert max(num_rows(block) for block in x.in_order()) <= BLOCK
    assert len(x.spread(10)) == 10
    assert len(x.spread(1000)) == 100
    assert x.spread(30).tolist() == list(range(0, 100, 4))


def test_its_mean_is_that_of_all_rows_and_what_else_wants_all_is_skipped():
    x = Streamed(Table(), ROWS)
    torch.testing.assert_close(x.mean(0), X.mean(0))
    with pytest.raises(SkipRun, match="wants a mean"):
        x.mean(1)
    with pytest.raises(SkipRun, match="wants a mean"):
        Streamed(Table(leaves=2), ROWS).mean(0)
    with pytest.raises(SkipRun, match=r"it wants all rows at once \('flatten' of them\), and these are read from disk"):
        x.flatten(1)
    with pytest.raises(SkipRun, match="it wants to select from all rows at once"):
        x[0]
    assert not hasattr(x, "_secret")
    assert len(replace(x, readers=1)) == 100


def test_its_digest_is_that_of_what_is_read():
    assert digest(Table()) == digest(Table())
    assert digest(Table()) != digest(Table(bad=3))
