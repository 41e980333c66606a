"""What several methods build their plans from."""

import pytest
import torch
from scipy import stats

from mixsuite.mixing import Batch, beta_shares, mask_plan, mixup_plan, unmixed_plan
from mixsuite.mixing.rng import Rng


def batch(n=6, shape=(2, 4, 5)):
    return Batch(torch.arange(n) % 3, shape, torch.tensor(0.0), {})


def test_shares_are_one_a_row_or_one_for_all():
    by_row, by_batch = (beta_shares(Rng(0, 200).at(1), 200, 0.5, per) for per in ("row", "batch"))
    assert by_row.shape == by_batch.shape == (200,)
    assert len(by_row.unique()) == 200
    assert by_batch.unique().tolist() == [float(by_row[0])]  # the first of those of the rows
    assert stats.kstest(by_row.numpy(), stats.beta(0.5, 0.5).cdf).pvalue > 0.001


@pytest.mark.parametrize("per", ["row", "batch"])
def test_mixups_plan_is_a_permutation_and_shares_that_agree(per):
    plan = mixup_plan(batch(), Rng(3, 6).at(2), 1.0, per)
    assert sorted(plan.partner.tolist()) == list(range(6))
    assert plan.wx.shape == (6, 1, 1, 1)
    assert torch.equal(plan.wx.flatten(), plan.wy)
    assert torch.equal(plan.wy, beta_shares(Rng(3, 6).at(2), 6, 1.0, per))
    assert torch.equal(plan.partner, Rng(3, 6).at(2).permutation(6))


@pytest.mark.parametrize("draws", [1, 6])
@pytest.mark.parametrize("channel", [False, True])
def test_a_masks_share_is_that_of_the_cells_that_stay(draws, channel):
    mask = (
        torch.rand(draws, *([1] if channel else []), 4, 5, generator=torch.Generator().manual_seed(0)) < 0.6
    ).float()
    plan = mask_plan(mask, batch(), torch.arange(6).roll(1))
    assert plan.wx.shape == (6, 1, 4, 5)
    for row in range(6):
        own = mask[row if draws == 6 else 0]
        assert torch.equal(plan.wx[row].flatten(), own.flatten())
        assert float(plan.wy[row]) == pytest.approx(float(own.sum()) / 20)


def test_a_mask_of_a_flat_state_gets_no_channel():
    assert mask_plan(torch.ones(1, 4, 5), batch(shape=(4, 5)), torch.arange(6)).wx.shape == (6, 4, 5)


def test_the_plan_that_mixes_nothing():
    plan = unmixed_plan(batch())
    assert plan.partner.tolist() == list(range(6))
    assert plan.wx.shape == (6, 1, 1, 1)
    assert plan.wx.eq(1).all()
    assert plan.wy.tolist() == [1.0] * 6
