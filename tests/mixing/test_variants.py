"""The variants that a new one is compared with, each against its formula written row by row.

That a plan is valid, follows its seed and keeps its label's promise is the conformance kit's (test_testing.py).
"""

import itertools

import numpy as np
import pytest
import torch
from scipy import stats as laws

from mixsuite.mixing import Batch, Plan, TaskInfo, TrainInfo, interpolate
from mixsuite.mixing.engine import Tail, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.resolve import make_method, resolve_method
from mixsuite.rng import Rng

PICTURE = (2, 7, 10)


def method(text):
    return make_method(resolve_method(text))


def rows(n=12, shape=PICTURE, seed=0):
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(seed))


def plan_of(text, y=None, shape=PICTURE, step=0, x=None, stats=None, n=12):
    y = torch.arange(n) % 3 if y is None else y
    return method(text).plan(Batch(y, shape, torch.tensor(0.0), stats or {}, x), Rng(0, len(y)).at(step))


def shares(text="mixup", steps=400, **given):
    """The target's share of row 0 over many steps."""
    return np.array([float(plan_of(text, step=s, **given).wy[0]) for s in range(steps)])


def test_midpoint_is_mixup_at_one_half():
    x, plan = rows(), plan_of("midpoint")
    assert torch.equal(plan.partner, plan_of("mixup").partner)
    torch.testing.assert_close(interpolate(x, plan), (x + x[plan.partner]) / 2)
    assert (plan.wy == 0.5).all()


@pytest.mark.parametrize("step", range(5))
def test_same_class_partners_are_of_the_class_and_each_row_is_one(step):
    y = torch.tensor([0, 0, 1, 0, 2, 1, 0, 0, 1, 0])
    plan = plan_of("same_class(lam=row)", y=y, step=step)
    assert torch.equal(y[plan.partner], y)
    assert sorted(plan.partner.tolist()) == list(range(10))
    alone = [i for i in range(10) if plan.partner[i] == i]
    assert alone == [4]  # the one row of its class; in classes of two and more nobody is left alone
    assert (plan.wy == 1).all()
    assert torch.equal(plan.wx, plan_of("mixup(lam=row)", y=y, step=step).wx)


def test_input_only_has_the_nearer_rows_target():
    for step in range(20):
        plan, plain = plan_of("input_only(lam=row)", step=step), plan_of("mixup(lam=row)", step=step)
        assert torch.equal(plan.wx, plain.wx)
        assert plan.wy.tolist() == [float(v >= 0.5) for v in plain.wy]


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.4])
def test_label_smoothing_is_torchs(eps):
    y, h = torch.arange(12) % 3, rows(shape=(4,))
    weight = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    smooth, batch = method(f"label_smoothing(eps={eps})"), Batch(y, (4,), torch.tensor(0.0), {})
    found = step_loss(
        smooth, Tail(lambda s: s @ weight), h, batch, smooth.plan(batch, Rng(0, 12).at(0)), LOSSES["class"]
    )
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(h @ weight, y, label_smoothing=eps))
    soft = torch.nn.functional.one_hot(y, 3).float()
    again = step_loss(
        smooth,
        Tail(lambda s: s @ weight),
        h,
        batch._replace(y=soft),
        smooth.plan(batch, Rng(0, 12).at(0)),
        LOSSES["class"],
    )
    torch.testing.assert_close(found, again)


def test_noisy_feature_has_the_noise_of_the_paper():
    """z (1 + m b2 (2U - 1)) + a b1 N: without noise mixup, and moments of what is added."""
    x = rows()
    plain = interpolate(x, plan_of("mixup"))
    quiet = method("noisy_feature(add=0, multiply=0, site=input)")
    assert torch.equal(quiet.mix(x, plan_of("noisy_feature(add=0, multiply=0, site=input)")), plain)
    added, factors = [], []
    for step in range(60):
        plan = plan_of("noisy_feature(add=0.4, multiply=0.2, site=input)", step=step)
        added.append(float(plan.shift.square().mean()))
        factors.append(float((plan.scale - 1).square().mean()))
        assert float((plan.scale - 1).abs().max()) <= 0.2
    second = laws.beta(2, 5).moment(2)
    assert np.mean(added) == pytest.approx(0.4**2 * second, rel=0.35)
    assert np.mean(factors) == pytest.approx(0.2**2 * second / 3, rel=0.35)
    clip = (rows(shape=(3, 6)), torch.ones(12, 1, 6))
    clip[1][:, :, 4:] = 0
    noisy = method("noisy_feature(site=input)")
    moved, mask = noisy.mix((clip[0] * clip[1], clip[1]), plan_of("noisy_feature(site=input)", shape=(3, 6)))
    assert (moved * (mask == 0) == 0).all()


@pytest.mark.parametrize("k", [1, 3, 4])
def test_k_mixup_finds_the_cheapest_matching_of_each_block(k):
    x = rows(shape=(5,))
    plan, plain = (plan_of(f"{name}", shape=(5,), x=x) for name in (f"k_mixup(k={k})", "mixup"))
    for start in range(0, 12, k):
        block, others = list(range(start, start + k)), plain.partner[start : start + k].tolist()

        def cost(order, block=block):
            return sum(float((x[i] - x[j]).square().sum()) for i, j in zip(block, order, strict=True))

        found = plan.partner[start : start + k].tolist()
        assert sorted(found) == sorted(others)
        assert cost(found) == pytest.approx(min(map(cost, itertools.permutations(others))), rel=1e-5)
    assert torch.equal(plan.wx, plain.wx)


def test_k_mixup_refuses_batches_of_one_block():
    info = TaskInfo("tabular", "class", 2, {"input": (3,)}, batch=7, rows=50)
    assert "need batches of 8 rows or more" in method("k_mixup(k=4)").reject(info)
    assert method("k_mixup(k=1)").reject(info) is None
    assert method("k_mixup(k=3)").reject(info) is None
    assert "ragged" in method("k_mixup").reject(info._replace(sites={"embedding": (8,)}))


def test_c_mixup_draws_partners_by_the_gaussian_of_the_targets():
    y = torch.tensor([[-1.0], [-0.8], [0.0], [0.1], [2.0]]).double()
    counts = np.zeros((5, 5))
    for step in range(2_000):
        plan = plan_of("c_mixup(bandwidth=0.5)", y=y, shape=(3,), step=step)
        counts[range(5), plan.partner.tolist()] += 1
    nearness = np.exp(-((y - y.T).numpy() ** 2) / (2 * 0.5**2)) * (1 - np.eye(5))
    wanted = nearness / nearness.sum(1, keepdims=True)
    assert np.abs(counts / 2_000 - wanted).max() < 0.05
    assert "for regression" in method("c_mixup").reject(TaskInfo("images", "class", 3, {}, 8, 9))
    assert plan_of("c_mixup", y=y[:1], shape=(3,)).partner.tolist() == [0]


def test_remix_gives_the_target_to_the_rarer_class():
    y, counts = torch.tensor([0, 0, 1, 1, 2, 2] * 2), torch.tensor([90, 30, 10])
    remix, seen = method("remix(kappa=3, tau=0.5, lam=row)"), set()
    train = TrainInfo(None, torch.repeat_interleave(torch.arange(3), counts), 130, 3, "class", ())
    stats = remix.prepare(train)
    assert stats["counts"].tolist() == [90, 30, 10]
    for step in range(40):
        plan = plan_of("remix(kappa=3, tau=0.5, lam=row)", y=y, step=step, stats=stats)
        for i, j in enumerate(plan.partner.tolist()):
            lam, own, other = float(plan.wx[i].flatten()[0]), int(counts[y[i]]), int(counts[y[j]])
            wanted = 0.0 if own >= 3 * other and lam < 0.5 else 1.0 if other >= 3 * own and 1 - lam < 0.5 else lam
            assert float(plan.wy[i]) == pytest.approx(wanted)
            seen.add(wanted if wanted in (0.0, 1.0) else 0.5)
    assert seen == {0.0, 0.5, 1.0}


def test_fmix_keeps_the_brightest_share_of_a_smooth_picture():
    areas = []
    for step in range(100):
        plan = plan_of("fmix", step=step)
        mask = plan.wx[0, 0]
        assert set(mask.unique().tolist()) <= {0.0, 1.0}
        lam = float(Rng(0, 12).at(step).beta(1.0, 1.0, 1))
        assert float(mask.sum()) == round(lam * 70)
        areas.append(float(plan.wy[0]))
    assert laws.kstest(areas, "uniform").pvalue > 0.01

    def edges(text):  # neighbours that differ: fewer where the mask is smoother
        masks = [plan_of(text, step=s, shape=(1, 16, 16)).wx[0, 0] for s in range(40)]
        return np.mean([float((m.diff(dim=0) != 0).float().mean()) for m in masks if 60 < m.sum() < 196])

    assert edges("fmix(decay=3)") < 0.5 * edges("fmix(decay=0)")


def test_gridmix_swaps_whole_cells():
    for step in range(30):
        mask = plan_of("gridmix(cells=3, lam=row)", shape=(1, 9, 12), step=step).wx[:, 0]
        cells = mask.reshape(12, 3, 3, 3, 4).transpose(2, 3)
        assert torch.equal(cells.amin((3, 4)), cells.amax((3, 4)))
    assert 0.4 < shares("gridmix").mean() < 0.6


def test_resizemix_pastes_the_whole_partner():
    x = torch.zeros(12, 1, 20, 20) + torch.linspace(0, 1, 20)  # brighter from left to right
    x = x + 10 * torch.arange(12).reshape(-1, 1, 1, 1)
    for step in range(30):
        plan = plan_of("resizemix", shape=(1, 20, 20), step=step)
        mixed = method("resizemix").mix(x, plan)
        for i, j in enumerate(plan.partner.tolist()):
            box = (plan.wx[i, 0] == 0).nonzero()
            (top, left), (bottom, right) = box.amin(0).tolist(), box.amax(0).tolist()
            assert len(box) == (bottom - top + 1) * (right - left + 1)
            assert bottom - top == right - left
            assert float(plan.wy[i]) == pytest.approx(1 - len(box) / 400)
            pasted = mixed[i, 0, top : bottom + 1, left : right + 1] - 10 * j
            size = right - left + 1
            wanted = ((torch.arange(size) + 0.5) * 20 / size - 0.5).clamp(0, 19) / 19  # the whole width, shrunk
            torch.testing.assert_close(pasted, wanted.expand(size, size), atol=1e-3, rtol=1e-3)
            outside = plan.wx[i, 0] == 1
            assert torch.equal(mixed[i, 0][outside], x[i, 0][outside])
    sides = [np.sqrt(1 - v) for v in shares("resizemix", shape=(1, 20, 20))]
    assert min(sides) >= 0.05
    assert max(sides) <= 0.8
    assert np.mean(sides) == pytest.approx(0.45 - 0.025, abs=0.03)  # rounded down to whole pixels


def test_saliencymix_puts_the_box_where_the_partner_has_its_edge():
    x = torch.zeros(12, 1, 15, 15)
    spots = [(2 + i % 5 * 2, 3 + i % 4 * 3) for i in range(12)]
    for i, (row, column) in enumerate(spots):
        x[i, 0, row - 1 : row + 2, column - 1 : column + 2] = torch.tensor([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]])
    for step in range(20):
        plan = plan_of("saliencymix", shape=(1, 15, 15), step=step, x=x)
        for i, j in enumerate(plan.partner.tolist()):
            box = (plan.wx[i, 0] == 0).nonzero().float()
            if 9 <= len(box) <= 60 and 4 < box[:, 0].mean() < 10 and 4 < box[:, 1].mean() < 10:
                middle = (box.amin(0) + box.amax(0) + 1) / 2
                assert torch.allclose(middle, torch.tensor(spots[j]).float(), atol=2.1)


def test_specmix_takes_bands_and_stretches():
    for step in range(40):
        plan = plan_of("specmix(bands=2, width=0.4)", shape=(20, 30), step=step)
        outside = 1 - plan.wx[0]
        bands, times = outside.amin(1), outside.amin(0)  # lines that are the partner's all along
        assert torch.equal(outside, 1 - (1 - bands)[:, None] * (1 - times)[None])
        assert bands.sum() <= 2 * 8
        assert times.sum() <= 2 * 12
    assert min(shares("specmix", shape=(20, 30))) < 0.6
    assert max(shares("specmix", shape=(20, 30))) == 1


def test_column_cutmix_moves_categories_as_a_whole():
    groups = (0, 1, 1, 1, 2, 3, 3)
    cutmix = method("column_cutmix(lam=row)")
    stats = cutmix.prepare(TrainInfo(None, torch.zeros(3), 3, 2, "class", groups))
    shares_seen = set()
    for step in range(40):
        plan = plan_of("column_cutmix(lam=row)", shape=(7,), step=step, stats=stats)
        assert torch.equal(plan.wx[:, 1], plan.wx[:, 2])
        assert torch.equal(plan.wx[:, 2], plan.wx[:, 3])
        assert torch.equal(plan.wx[:, 5], plan.wx[:, 6])
        torch.testing.assert_close(plan.wy, plan.wx[:, [0, 1, 4, 5]].mean(1))
        shares_seen |= set(plan.wy.tolist())
    assert shares_seen == {0, 0.25, 0.5, 0.75, 1}


def test_ifmixup_mixes_graphs_with_nodes_in_another_order():
    x, mask = rows(shape=(5, 3)), torch.ones(12, 5, 1)
    mask[::2, 3:] = 0
    adjacency = (rows(shape=(5, 5), seed=3) > 0).float().triu(1)
    adjacency = (adjacency + adjacency.transpose(1, 2)) * mask * mask.transpose(1, 2)
    graph = (x * mask, adjacency, mask)
    ordered, plain = method("ifmixup(order=file)"), plan_of("mixup", shape=(5, 3))
    same = ordered.mix(graph, plan_of("ifmixup(order=file)", shape=(5, 3)))
    assert all(torch.equal(a, b) for a, b in zip(same, interpolate(graph, plain), strict=True))
    plan = plan_of("ifmixup", shape=(5, 3))
    keep = Plan(plan.partner, torch.zeros(12, 1, 1), plan.wy)  # the partner alone
    moved = method("ifmixup").mix(graph, plan._replace(wx=keep.wx))
    different = False
    for i, j in enumerate(plan.partner.tolist()):
        assert torch.equal(moved[2][i], mask[j])  # real nodes first
        rank = [(moved[0][i, v][None] == graph[0][j]).all(1).nonzero()[0, 0].item() for v in range(int(mask[j].sum()))]
        assert sorted(rank) == list(range(len(rank)))
        assert torch.equal(moved[1][i][: len(rank), : len(rank)], adjacency[j][rank][:, rank])
        different = different or rank != sorted(rank)
    assert different
