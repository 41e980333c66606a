"""Neighbours as partners: chosen in the whole training part, as ``neighbours.nearest`` orders them."""

import pytest
import torch
from support.methods import method

from mixsuite.mixing import Batch, TrainInfo
from mixsuite.mixing.methods.neighbour_mixup import NeighbourMixup
from mixsuite.mixing.rng import Rng


def part(n=20, classes=3):
    g = torch.Generator().manual_seed(0)
    return TrainInfo(torch.randn(n, 4, generator=g), torch.arange(n) % classes, n, classes, "class", ())


@pytest.mark.parametrize("text", ["neighbour_mixup(k=3)", "neighbour_mixup(k=3, within=True)", "neighbour_mixup(k=1)"])
def test_a_partner_is_one_of_the_nearest_rows_of_the_whole_part(text):
    train, one = part(), method(text)
    rows = torch.tensor([3, 19, 0, 7])
    batch = Batch(train.y[rows], (4,), torch.tensor(0.0), one.prepare(train), rows=rows, size=4)
    drawn = set()
    for step in range(60):
        more = one.more_rows(batch, Rng(0, 4).at(step))
        for row, partner in zip(rows, more, strict=True):
            others = [j for j in range(20) if j != row and (not one.within or train.y[j] == train.y[row])]
            others.sort(key=lambda j, row=row: float((train.x[j] - train.x[row]).norm()))
            assert int(partner) in others[: one.k]
            drawn.add((int(row), int(partner)))
    assert len(drawn) == 4 * one.k  # each of them comes


def test_the_plan_names_them_behind_the_batch():
    batch = Batch(torch.zeros(8, dtype=torch.int64), (4,), torch.tensor(0.0), {}, rows=torch.arange(8), size=4)
    plan = method("neighbour_mixup(alpha=2)").plan(batch, Rng(0, 4).at(0))
    assert plan.partner.tolist() == [4, 5, 6, 7]
    assert torch.equal(plan.wy, Rng(0, 4).at(0).beta(2, 2, 4))
    for bad in ({"k": 0}, {"alpha": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            NeighbourMixup(**bad)
