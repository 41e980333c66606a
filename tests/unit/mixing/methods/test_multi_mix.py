"""multi-mix: a slow twin, what one interpolation is, and the law of its variance."""

import numpy as np
import pytest
import torch
from scipy import stats
from support.methods import exact_plan
from support.objectives import B, C, D, network
from torch.nn import functional as F

from mixsuite.mixing import interpolate
from mixsuite.mixing.rng import uniforms
from mixsuite.training.loop import train


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("law", ["iid", "stratified"])
def test_multi_mix_equals_its_slow_twin(law, lam):
    k, alpha = 3, 0.7
    plan = exact_plan(f"multi_mix(k={k}, alpha={alpha}, law={law}, lam={lam})")
    x = torch.randn(B, 3, 6, 6, dtype=torch.float64)
    mixed = interpolate(x, plan)
    order = np.argsort(uniforms(0, "draw/partner", 2, 1, B)[0], kind="stable")
    for j in range(k):
        u = uniforms(0, f"draw/lam {j}" if j else "draw/lam", 2, 1, B)[0]
        for i in range(B):
            v = u[i if lam == "row" else 0]
            share = stats.beta(alpha, alpha).ppf((j + v) / k if law == "stratified" else v)
            wanted = share * x[i] + (1 - share) * x[order[i]]
            torch.testing.assert_close(mixed[j * B + i], wanted, atol=1e-9, rtol=1e-9)
            assert float(plan.wy[j * B + i]) == pytest.approx(share, abs=1e-9)


def test_one_interpolation_is_mixup_and_one_box_is_cutmix():
    for one, other in (("multi_mix(k=1)", "mixup"), ("multi_mix(k=1, mask=box)", "cutmix")):
        a, b = exact_plan(one), exact_plan(other)
        x = torch.randn(B, 3, 6, 6, dtype=torch.float64)
        assert torch.equal(interpolate(x, a), interpolate(x, b))
        torch.testing.assert_close(a.wy, b.wy)


def test_boxes_share_the_pair_and_differ():
    plan = exact_plan("multi_mix(k=4, mask=box)", shape=(1, 8, 8))
    assert plan.wx.shape == (4 * B, 1, 8, 8)
    assert torch.equal(plan.partner[:B], plan.partner[B : 2 * B])
    assert len({float(s) for s in plan.wy[::B]}) > 1
    torch.testing.assert_close(plan.wy, plan.wx.flatten(1).mean(1))


def test_stages_below_a_hidden_site_run_once(job):
    one = job("multi_mix(k=5, site=hidden)")
    seen = []
    one.model.stages[0].register_forward_hook(lambda m, i, o: seen.append(len(o)))
    fitted = train(one)
    assert seen.count(8) == len(seen) - seen.count(1) == 12  # beside the looks at shapes, with one row
    assert fitted.rows_per_step == 40


@pytest.mark.slow
def test_the_variance_of_multi_mixs_gradient_follows_its_law():
    """Var = (1/B) (Var_s E_lam g + (1/K) E_s Var_lam g), for independent pairs and lambda per row."""
    net = network()
    draws = np.random.default_rng(0)
    pairs, reps = 8, 4000

    def gradients(k, law="iid", fresh=False):
        """[reps, D] gradients of one layer's bias for batches of ``pairs`` pairs with k lambda each."""
        a = torch.tensor(draws.normal(size=(reps, pairs, D)))
        b = torch.tensor(draws.normal(size=(reps, pairs, D)))
        ya, yb = torch.tensor(draws.integers(C, size=(2, reps, pairs)))
        if fresh:  # k times the pairs, one lambda each: reshaped below into one batch
            a, b = (torch.tensor(draws.normal(size=(reps, pairs * k, D))) for _ in "ab")
            ya, yb = torch.tensor(draws.integers(C, size=(2, reps, pairs * k)))
            k = 1
        u = draws.random((k, *ya.shape))
        lam = torch.tensor((np.arange(k)[:, None, None] + u) / k if law == "stratified" else u)
        x = lam[..., None] * a + (1 - lam[..., None]) * b
        hidden = torch.tanh(net[0](x))
        p = net[2](hidden).softmax(-1)
        target = lam[..., None] * F.one_hot(ya, C) + (1 - lam[..., None]) * F.one_hot(yb, C)
        return (p - target).mean(0).mean(1).detach()  # [reps, C], gradient of the last bias

    def variance(g):
        """Trace of the covariance and its standard error."""
        d = (g - g.mean(0)).square().sum(1)
        return float(d.mean()), float(d.std() / reps**0.5)

    # The two parts by brute force: many lambda for each of many pairs.
    a, b = torch.tensor(draws.normal(size=(2, 3000, D)))
    ya, yb = torch.tensor(draws.integers(C, size=(2, 3000)))
    lam = torch.tensor(draws.random((200, 3000, 1)))
    p = net[2](torch.tanh(net[0](lam * a + (1 - lam) * b))).softmax(-1).detach()
    g = p - (lam * F.one_hot(ya, C) + (1 - lam) * F.one_hot(yb, C))
    between, within = float(g.mean(0).var(0).sum()), float(g.var(0).sum(-1).mean())
    assert within > 0.1 * between
    for k in (1, 2, 5):
        found, error = variance(gradients(k))
        law = (between + within / k) / pairs
        assert abs(found - law) < 4 * error + 0.03 * law, k
    stratified, error = variance(gradients(5, "stratified"))
    assert stratified < (between + within / 5) / pairs - 2 * error  # strata cut it further
    fresh, error = variance(gradients(5, fresh=True))
    assert abs(fresh - (between + within) / pairs / 5) < 4 * error  # equal compute, fresh pairs: never worse
    assert fresh < variance(gradients(5))[0]
