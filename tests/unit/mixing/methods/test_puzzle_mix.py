"""Puzzle Mix: the mask against every mask there is, and what its energy's terms ask for."""

import itertools

import pytest
import torch
from support.methods import method, picture_plan, rows
from torch.nn import functional as F

from mixsuite.mixing import Batch, Tail, TaskInfo
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.puzzle_mix import PuzzleMix, _borders, _least


def energy(z, cost, down, across):
    """The energy of labels z [g, g] in 0, 1/2, 1, block by block."""
    side, total = len(z), 0.0
    for i, j in itertools.product(range(side), range(side)):
        total += float(cost[int(2 * z[i, j]), i, j])
        if i + 1 < side:
            total += float(down[i, j] * (z[i, j] - z[i + 1, j]) ** 2)
        if j + 1 < side:
            total += float(across[i, j] * (z[i, j] - z[i, j + 1]) ** 2)
    return total


def test_on_two_by_two_blocks_the_mask_is_the_best_of_all_81():
    g, found_best = torch.Generator().manual_seed(0), 0
    for _ in range(40):
        cost, down, across = (torch.rand(*s, generator=g) for s in ((3, 1, 2, 2), (1, 1, 2), (1, 2, 1)))
        found = energy(_least(cost, down, across, 5)[0], cost[:, 0], down[0], across[0])
        every = itertools.product((0, 0.5, 1), repeat=4)
        best = min(energy(torch.tensor(z).reshape(2, 2), cost[:, 0], down[0], across[0]) for z in every)
        assert found > best - 1e-5
        found_best += found < best + 1e-5
    assert found_best >= 36  # blocks that move one by one may stop before the best


def test_more_rounds_never_find_a_worse_mask():
    g = torch.Generator().manual_seed(1)
    cost, down, across = (torch.rand(*s, generator=g) for s in ((3, 20, 8, 8), (20, 7, 8), (20, 8, 7)))
    found = [
        [energy(z, cost[:, n], down[n], across[n]) for n, z in enumerate(_least(cost, down, across, rounds))]
        for rounds in (1, 2, 8)
    ]
    for few, more in itertools.pairwise(found):
        assert all(b <= a + 1e-4 for a, b in zip(few, more, strict=True))
    assert sum(found[2]) < sum(found[0])


def mask_of(text, gradient, x=None, side=4, lam=None, n=16):
    plan = picture_plan(text, n=n)
    plan = plan if lam is None else plan._replace(wy=torch.full((n,), lam))
    return method(text).mask(rows(n, (3, 8, 8)) if x is None else x, gradient, plan, side), plan


def test_without_smoothness_and_law_each_block_is_the_more_salient_pictures():
    gradient = rows(16, (3, 8, 8), seed=1)
    mask, plan = mask_of("puzzle_mix(beta=0, eta=0)", gradient)
    salient = F.avg_pool2d(gradient.norm(dim=1), 2)
    salient = salient / salient.sum((1, 2), keepdim=True)
    own = (salient > salient[plan.partner]).float().repeat_interleave(2, 1).repeat_interleave(2, 2)
    kept = (plan.partner != torch.arange(16))[:, None, None].expand_as(own)
    assert torch.equal(mask[:, 0][kept], own[kept])


def test_the_more_lambda_the_more_stays_and_the_more_smoothness_the_fewer_borders():
    gradient = rows(16, (3, 8, 8), seed=1)
    shares = [float(mask_of("puzzle_mix(beta=0, eta=1)", gradient, lam=lam)[0].mean()) for lam in (0.1, 0.5, 0.9)]
    assert shares[0] < 0.3 < shares[1] < 0.7 < shares[2]
    rough = [
        float(mask_of(f"puzzle_mix(beta={beta}, eta=0)", gradient)[0].diff(dim=3).abs().mean()) for beta in (0, 1, 100)
    ]
    assert rough[0] > rough[1] > rough[2] == 0


def test_a_border_costs_by_how_much_the_pictures_differ_across_it():
    x = torch.zeros(2, 1, 4, 4)
    x[1, :, :, 2:] = 3  # alike on the left, and 3 apart on the right
    blocks = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    found = _borders(x, torch.tensor([1, 0]), blocks, 2)
    torch.testing.assert_close(found, torch.tensor([[[0.0, 2.0]], [[0.0, 2.0]]]))  # 3 in units of the mean, 1.5


def test_grids_that_do_not_divide_a_picture_have_blocks_of_whole_pixels():
    plan = picture_plan("puzzle_mix", shape=(3, 7, 10))
    mask = method("puzzle_mix(beta=0)").mask(rows(16, (3, 7, 10)), rows(16, (3, 7, 10), seed=1), plan, 4)
    assert mask.shape == (16, 1, 7, 10)
    for pixels, axis in ((7, 2), (10, 3)):
        same = [p for p in range(1, pixels) if p * 4 // pixels == (p - 1) * 4 // pixels]
        assert (mask.diff(dim=axis).index_select(axis, torch.tensor(same) - 1) == 0).all()


def test_the_loss_is_that_of_the_masks_rows_and_its_target_their_mean():
    x, y = rows(16, (3, 8, 8)), torch.arange(16) % 4
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 8), torch.nn.Tanh(), torch.nn.Linear(8, 4))
    one, plan = method("puzzle_mix"), picture_plan("puzzle_mix")
    for step, side in enumerate((2, 4, 8, 2)):  # 16 is finer than the picture
        tail = Tail(net)
        found = one.objective(tail, x, Batch(y, (3, 8, 8), torch.tensor(0.0), {}, step=step), plan, cross_entropy)
        held = x.clone().requires_grad_()
        F.cross_entropy(net(held), y).backward()
        total = 0.0
        for i, mask in enumerate(one.mask(x, held.grad, plan, side)):
            j, share = int(plan.partner[i]), float(mask.mean())
            log_p = net((mask * x[i] + (1 - mask) * x[j])[None]).log_softmax(1)[0].detach()
            total -= float(share * log_p[y[i]] + (1 - share) * log_p[y[j]]) / 16
        assert float(found.detach()) == pytest.approx(total, rel=1e-4)
        assert tail.rows == 32
        net.zero_grad()
        found.backward()
        assert all(w.grad is not None for w in net.parameters())


def test_it_needs_pictures():
    assert "which site 'embedding' cannot hold" in PuzzleMix(site="embedding").reject(
        TaskInfo("images", "class", 3, {"input": (1, 8, 8), "embedding": (8,)}, 8, 100)
    )


def test_values_out_of_range_are_refused():
    for bad in ({"alpha": 0}, {"beta": -1}, {"gamma": -1}, {"eta": -1}, {"rounds": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            PuzzleMix(**bad)
