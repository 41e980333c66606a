"""Rows in parts, and what ranks tell each other."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.ranked import exchanged

from mixsuite.models.ranks import Ranks


@given(rows=st.integers(0, 40), world=st.integers(1, 9))
def test_parts_are_all_rows_in_their_order_and_differ_by_one_at_most(rows, world):
    parts = [list(range(rows))[Ranks(rank, world).part(rows)] for rank in range(world)]
    assert [row for part in parts for row in part] == list(range(rows))
    assert [len(part) for part in parts] == Ranks(0, world).sizes(rows)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.slow
def test_three_ranks_tell_each_other_rows_and_sums_with_whole_derivatives(tmp_path):
    x = torch.linspace(-1, 2, 7, dtype=torch.float64).requires_grad_()
    value = (x.sin() * x.square().sum() * x).sum()
    (slope,) = torch.autograd.grad(value, x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), x)
    for found in exchanged(tmp_path, world=3):
        for one, other in zip(found, (x, value, slope, second), strict=True):
            torch.testing.assert_close(one, other.detach(), rtol=0, atol=1e-12)
