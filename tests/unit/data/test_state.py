"""States: what is done to a tensor, a tuple or ragged rows."""

import pytest
import torch

from mixsuite.data.state import Ragged, concatenate, first_leaf, map_leaves, num_rows, take_rows


class Lists(Ragged):
    """Rows of unequal length."""

    def __init__(self, rows):
        self.rows = rows

    def take(self, rows):
        return Lists([self.rows[i] for i in rows.tolist()])

    def map(self, f):
        return Lists([f(row) for row in self.rows])

    def join(self, other):
        return Lists([*self.rows, *other.rows])

    @property
    def first(self):
        return self.rows[0]

    def __len__(self):
        return len(self.rows)


A, B = torch.arange(12.0).reshape(4, 3), torch.arange(4.0)[:, None]
ROWS = torch.tensor([2, 0, 2])


def test_rows_are_picked_from_every_leaf():
    assert take_rows(A, ROWS).tolist() == [[6, 7, 8], [0, 1, 2], [6, 7, 8]]
    one, other = take_rows((A, B), ROWS)
    assert torch.equal(one, A[ROWS])
    assert torch.equal(other, B[ROWS])
    ragged = Lists([torch.zeros(n) for n in (1, 2, 3, 4)])
    assert [len(row) for row in take_rows(ragged, ROWS).rows] == [3, 1, 3]


def test_every_leaf_is_mapped_and_the_kind_of_state_stays():
    assert torch.equal(map_leaves(lambda t: t + 1, A), A + 1)
    found = map_leaves(lambda t: t + 1, (A, B))
    assert isinstance(found, tuple)
    assert torch.equal(found[1], B + 1)
    ragged = map_leaves(lambda t: t + 1, Lists([A, B]))
    assert isinstance(ragged, Lists)
    assert torch.equal(ragged.rows[1], B + 1)


def test_the_first_leaf_is_what_carries_the_features():
    assert first_leaf(A) is A
    assert first_leaf((A, B)) is A
    assert first_leaf(Lists([B, A])) is B


def test_rows_are_counted_in_every_kind_of_state():
    assert [num_rows(h) for h in (A, (A, B), Lists([A, B]))] == [4, 4, 2]


def test_states_are_joined_along_the_rows_leaf_by_leaf():
    assert torch.equal(concatenate([A, A[:1]]), torch.cat([A, A[:1]]))
    one, other = concatenate([(A, B), (A[:2], B[:2])])
    assert torch.equal(one, torch.cat([A, A[:2]]))
    assert torch.equal(other, torch.cat([B, B[:2]]))
    with pytest.raises(ValueError, match="shorter"):
        concatenate([(A, B), (A,)])


def test_states_are_joined_along_their_rows():
    assert torch.equal(concatenate([A, A[:1]]), torch.cat([A, A[:1]]))
    one, other = concatenate([(A, B), (A[:2], B[:2])])
    assert torch.equal(one, A[[0, 1, 2, 3, 0, 1]]) and torch.equal(other, B[[0, 1, 2, 3, 0, 1]])
    joined = concatenate([Lists([A, B]), Lists([B]), Lists([A])])
    assert [row is wanted for row, wanted in zip(joined.rows, (A, B, B, A), strict=True)] == [True] * 4
