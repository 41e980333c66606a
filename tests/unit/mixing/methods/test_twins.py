"""Methods that say all in their plan, against slow twins from the papers' formulas, and the laws of their draws.

A twin takes the plan's draws and computes rows, targets and the loss one by one. It was written without the methods'
code.
"""

import numpy as np
import pytest
import torch
from scipy import stats
from support.twins import CLASSES, Part, Step, a_step, cross, one_hot

STEPS = 400


def pair_twin(step, share):
    """Mixed rows and targets of pairs: own share ``share`` [N] of signal and target."""
    rows, targets = [], []
    for i, (own, other) in enumerate(zip(step.own, step.partner, strict=True)):
        rows.append(share[i] * step.seen[own] + (1 - share[i]) * step.seen[other])
        targets.append(share[i] * one_hot(step.labels[own]) + (1 - share[i]) * one_hot(step.labels[other]))
    return np.array(rows), np.array(targets)


def assert_pairs(step, share):
    rows, targets = pair_twin(step, share)
    np.testing.assert_allclose(step.mixed(), rows, atol=1e-12)
    np.testing.assert_allclose(step.loss(), step.mean_cross(rows, targets), rtol=1e-10)


def flat(plan):
    """The own share of the signal, one number a row."""
    return plan.wx.flatten(1).numpy()[:, 0]


def uniform_over(counts):
    """The probability of counts so uneven by chance."""
    return stats.chisquare(counts).pvalue


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("shape", [(5,), (2, 3, 3)])
def test_dirichlet_mixup(k, shape):
    """z = sum_j s_j x_j, y = sum_j s_j y_j over the own row and k - 1 partners."""
    step = a_step(f"dirichlet_mixup(k={k})", shape, step=3)
    shares = step.wy
    assert shares.shape == (8, k)
    rows, losses = [], []
    for i in range(8):
        parts = [i, *step.partner[i]]
        z = sum(shares[i, j] * step.seen[row] for j, row in enumerate(parts))
        target = sum(shares[i, j] * one_hot(step.labels[row]) for j, row in enumerate(parts))
        rows.append(z)
        losses.append(cross(step.net.of_row(z), target))
    np.testing.assert_allclose(step.mixed(), rows, atol=1e-12)
    np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-10)


@pytest.mark.parametrize(("k", "alpha"), [(2, 1.0), (3, 1.0), (4, 0.3), (3, 5.0)])
def test_the_shares_of_dirichlet_mixup_are_of_a_dirichlet_law(k, alpha):
    """Each share is Beta(alpha, (k - 1) alpha); the shares of a row are correlated by -1 / (k - 1)."""
    shares = np.concatenate([a_step(f"dirichlet_mixup(k={k}, alpha={alpha})", step=s).wy for s in range(STEPS)])
    for share in shares.T:
        assert stats.kstest(share, stats.beta(alpha, (k - 1) * alpha).cdf).pvalue > 1e-3
    np.testing.assert_allclose(np.corrcoef(shares.T)[0, 1], -1 / (k - 1), atol=0.06)


def test_each_partner_of_dirichlet_mixup_is_a_permutation_of_its_own():
    found = np.stack([a_step("dirichlet_mixup(k=4)", step=s).partner for s in range(STEPS)])
    assert all(sorted(column) == list(range(8)) for step in found for column in step.T)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        same = (found[:, :, one] == found[:, :, other]).mean()
        assert abs(same - 1 / 8) < 0.03


@pytest.mark.parametrize(("sharp", "lam"), [(1.0, "batch"), (3.0, "row"), (0.0, "row")])
@pytest.mark.parametrize("shape", [(5,), (2, 3, 3)])
def test_local_mixup(sharp, lam, shape):
    """sum_i w_i l_i with w_i ~ exp(-sharp d_i / mean d), d_i the distance of a pair's inputs, sum w = 1."""
    step = a_step(f"local_mixup(sharp={sharp}, lam={lam})", shape, step=4)
    rows, targets = pair_twin(step, step.wy)
    apart = [np.sqrt(((step.seen[i] - step.seen[j]) ** 2).sum()) for i, j in enumerate(step.partner)]
    weight = [np.exp(-sharp * d / np.mean(apart)) for d in apart]
    losses = [cross(step.net.of_row(z), t) for z, t in zip(rows, targets, strict=True)]
    wanted = sum(w * loss for w, loss in zip(weight, losses, strict=True)) / sum(weight)
    np.testing.assert_allclose(step.mixed(), rows, atol=1e-12)
    np.testing.assert_allclose(step.loss(), wanted, rtol=1e-10)
    assert (len(set(step.wy)) == 1) == (lam == "batch")


@pytest.mark.parametrize("at", [0, 59, 60, 61, 89, 90, 95, 99])
def test_mixup_without_hesitation(at):
    """A step is mixup's or a clean one: shares of all rows are lambda, or 1."""
    step = a_step("mixup_without_hesitation", step=at)
    assert_pairs(step, step.wy)
    plain = a_step("mixup", step=at)
    mixed = bool((step.wy < 1).any())
    if mixed:
        np.testing.assert_array_equal(step.wy, plain.wy)
        np.testing.assert_array_equal(step.partner, plain.partner)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), [(0.6, 0.9), (0.2, 0.5)])
def test_the_stages_of_mixup_without_hesitation(first, last):
    """mixup until ``first``, in every other step until ``last``, then with a chance (1 - t) / (1 - last)."""
    text = f"mixup_without_hesitation(first={first}, last={last})"
    mixed = np.array([[(a_step(text, step=s, seed=k).wy < 1).any() for s in range(100)] for k in range(60)])
    begin, end = round(100 * first), round(100 * last)
    assert mixed[:, :begin].all()
    turns = mixed[:, begin:end]
    assert (turns[:, 1:] != turns[:, :-1]).all()
    assert (turns == turns[0]).all()
    chance = (1 - np.arange(end, 100) / 100) / (1 - last)
    rate = mixed[:, end:].mean(0)
    spread = np.sqrt(np.maximum(chance * (1 - chance), 0.01) / 60)
    assert (abs(rate - chance) < 4 * spread).all()


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("shape", [(5,), (2, 3, 3)])
def test_neighbour_mixup(within, shape):
    """Every row with one of its k nearest training rows, of its class or of any."""
    step = a_step(f"neighbour_mixup(k=2, within={within})", shape, n=36, step=2)
    assert_pairs(step, step.wy)
    for i, partner in enumerate(step.partner):
        row = int(step.rows[i])
        assert int(step.all_rows[partner]) in step.part.nearest(row, 2, within)
        assert not within or step.labels[partner] == step.labels[i]


@pytest.mark.slow
@pytest.mark.parametrize("within", [False, True])
def test_neighbours_are_drawn_alike(within):
    counts, text = np.zeros((8, 3)), f"neighbour_mixup(k=3, within={within}, alpha=0.5)"
    shares = []
    for s in range(STEPS):
        step = a_step(text, n=40, step=s)
        shares.append(step.wy)
        for i, partner in enumerate(step.partner):
            counts[i, step.part.nearest(int(step.rows[i]), 3, within).index(int(step.all_rows[partner]))] += 1
    assert all(uniform_over(row) > 1e-4 for row in counts)
    assert stats.kstest(np.concatenate(shares), stats.beta(0.5, 0.5).cdf).pvalue > 1e-3


def test_a_row_alone_in_its_class_has_no_neighbour_within():
    """It stays as it is, rather than be mixed with a row of another class."""
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(9, 4)))
    part = Part(x, torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 2]), torch.tensor([8, 0, 4]))
    for at in range(5):
        step = Step("neighbour_mixup(k=2, within=true)", part, step=at)
        assert_pairs(step, step.wy)
        np.testing.assert_allclose(step.mixed()[0], x[8].numpy())


@pytest.mark.parametrize("shape", [(5,), (2, 3, 3)])
def test_balanced_mixup(shape):
    """z = (1 - lam) x + lam x', with x' of the class-balanced draw: the own share is 1 - lam."""
    step = a_step("balanced_mixup(alpha=0.4)", shape, step=1)
    assert_pairs(step, step.wy)
    assert (step.own == np.arange(8)).all()
    assert (step.partner >= 8).all()


def test_the_laws_of_balanced_mixup():
    """Classes are uniform, rows within a class too, and lam ~ Beta(alpha, 1)."""
    found, lam = [], []
    for s in range(STEPS):
        step = a_step("balanced_mixup(alpha=0.4)", n=20, step=s)
        found += [int(step.all_rows[j]) for j in step.partner]
        lam.append(1 - step.wy)
    labels, counts = step.part.y.numpy(), np.bincount(found, minlength=20)
    assert uniform_over([counts[labels == c].sum() for c in range(CLASSES)]) > 1e-3
    assert all(uniform_over(counts[labels == c]) > 1e-3 for c in range(CLASSES))
    assert stats.kstest(np.concatenate(lam), stats.beta(0.4, 1).cdf).pvalue > 1e-3


def test_classes_without_rows_are_never_drawn():
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(12, 4)))
    part = Part(x, torch.tensor([0] * 9 + [2] * 3), torch.arange(6))
    seen = [Step("balanced_mixup", part, step=s) for s in range(50)]
    labels = np.concatenate([step.labels[step.partner] for step in seen])
    assert set(labels) == {0, 2}
    assert abs((labels == 2).mean() - 0.5) < 0.12


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_smote(share):
    """x + u (x' - x) in a share of the batch's places, x' among the k nearest of x's class; elsewhere the row itself."""
    step = a_step(f"smote(k=3, share={share})", n=40, step=2)
    rows, targets = [], []
    for i, (own, other) in enumerate(zip(step.own, step.partner, strict=True)):
        u = 1 - flat(step.plan)[i]
        if own < 8:
            assert own == i
            assert u == 0 or other == own
            rows.append(step.seen[i])
        else:
            x, neighbour = step.seen[own], step.seen[other]
            assert int(step.all_rows[other]) in step.part.nearest(int(step.all_rows[own]), 3, within=True)
            rows.append(x + u * (neighbour - x))
        targets.append(one_hot(step.labels[own]))
    np.testing.assert_allclose(step.mixed(), rows, atol=1e-12)
    np.testing.assert_allclose(step.loss(), step.mean_cross(rows, targets), rtol=1e-10)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_share_of_synthetic_rows_of_smote(share):
    """Each row is replaced by chance, on its own."""
    made = sum((a_step(f"smote(k=3, share={share})", n=40, step=s).own >= 8).sum() for s in range(STEPS))
    assert stats.binomtest(int(made), 8 * STEPS, share).pvalue > 1e-3


def test_the_laws_of_smote():
    """Classes of synthetic rows are uniform, rows within a class too, neighbours too, and u."""
    base, rank, u = [], [], []
    for s in range(STEPS):
        step = a_step("smote(k=3, share=0.5)", n=40, step=s)
        for i in np.flatnonzero(step.own >= 8):
            row = int(step.all_rows[step.own[i]])
            base.append(row)
            near = step.part.nearest(row, 3, within=True)
            rank.append(near.index(int(step.all_rows[step.partner[i]])))
            u.append(flat(step.plan)[i])
    labels, counts = step.part.y.numpy(), np.bincount(base, minlength=40)
    assert uniform_over([counts[labels == c].sum() for c in range(CLASSES)]) > 1e-3
    assert all(uniform_over(counts[labels == c]) > 1e-3 for c in range(CLASSES))
    assert uniform_over(np.bincount(rank)) > 1e-3
    assert stats.kstest(u, stats.uniform.cdf).pvalue > 1e-3
