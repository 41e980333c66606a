"""Neighbours against sorting by hand; rows by class against counting."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mixsuite.mixing import Batch, TrainInfo, neighbours
from mixsuite.mixing.neighbours import drawn_by_class, nearest, rows_by_class
from mixsuite.mixing.rng import Rng


def info(x, y):
    return TrainInfo(x, y, len(y), int(y.max()) + 1, "class", ())


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2)), min_size=2, max_size=12),
    st.integers(1, 5),
    st.booleans(),
)
def test_the_nearest_rows_by_sorting(rows, k, within):
    x, y = torch.tensor([[float(v)] for v, _ in rows]), torch.tensor([c for _, c in rows])
    found, n = nearest(info(x, y), k, within), len(rows)
    count = max(1, min(k, n - 1))
    assert found.shape == (n, count)
    for i in range(n):
        others = [j for j in range(n) if j != i and (not within or y[j] == y[i])]
        others.sort(key=lambda j, i=i: (abs(float(x[j, 0] - x[i, 0])), j))
        wanted = [others[p % len(others)] for p in range(count)] if others else [i] * count
        assert found[i].tolist() == wanted


def test_blocks_are_put_together_and_masks_are_left_out(monkeypatch):
    x, y = torch.randn(50, 2, 3), torch.arange(50) % 4
    whole = nearest(info(x, y), 7)
    monkeypatch.setattr(neighbours, "_BLOCK", 8)
    assert torch.equal(nearest(info(x, y), 7), whole)
    assert torch.equal(nearest(info((x, torch.randn(50, 1, 3)), y), 7), whole)


def test_rows_stand_class_by_class():
    y = torch.tensor([2, 0, 2, 5, 0, 2])
    found = rows_by_class(info(torch.zeros(6, 1), y))
    assert found["by_class"].tolist() == [1, 4, 0, 2, 5, 3]
    assert (found["begins"].tolist(), found["ends"].tolist()) == ([0, 2, 5], [2, 5, 6])


@pytest.mark.parametrize("soft", [False, True])
def test_a_drawn_row_is_of_a_drawn_class(soft):
    y = torch.tensor([0, 0, 0, 1])
    stats = rows_by_class(
        info(torch.zeros(4, 1), y) if not soft else info(torch.zeros(4, 1), y)._replace(y=torch.eye(2)[y])
    )
    batch = Batch(torch.zeros(400, dtype=torch.int64), (1,), torch.tensor(0.0), stats, size=400)
    rng = Rng(0, 400)
    u, v = rng.at(0).uniform(400, kind="class"), rng.uniform(400, kind="row of class")
    found = drawn_by_class(batch, rng.at(0))
    wanted = [3 if a >= 0.5 else int(b * 3) for a, b in zip(u, v, strict=True)]
    assert found.tolist() == wanted
