"""The methods of the papers against their formulas, slow twins, and the law of multi-mix's variance."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn import functional as F

from mixsuite import plugins
from mixsuite.errors import InputError
from mixsuite.mixing import Batch, TaskInfo, interpolate, two_term_loss
from mixsuite.mixing.engine import Tail, clean_loss
from mixsuite.mixing.losses import cross_entropy
from mixsuite.resolve import make_method, resolve_method
from mixsuite.rng import Rng, uniforms

B, D, C = 12, 5, 4


def method(text):
    return make_method(resolve_method(text))


def network(norm=False):
    torch.manual_seed(0)
    layers = [nn.Linear(D, 7), *([nn.BatchNorm1d(7)] if norm else []), nn.Tanh(), nn.Linear(7, C)]
    return nn.Sequential(*layers).double()


def a_batch(stats=None, n=B):
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(n, D, generator=draws, dtype=torch.float64)
    y = torch.randint(C, (n,), generator=draws)
    return x, Batch(y, (D,), torch.tensor(0.0), stats or {})


def objective(text, net, stats=None, step=3):
    """(value, tail) of a method's objective at one step, in float64."""
    m = method(text)
    x, batch = a_batch(stats)
    tail = Tail(net)
    plan = m.plan(batch, Rng(0, B, dtype=torch.float64).at(step))
    return m.objective(tail, x, batch, plan, cross_entropy), tail


def gradient(value, net):
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(net.parameters()))])


def mixup_loss(net, alpha=1.0, step=3):
    m = method(f"mixup(alpha={alpha})")
    x, batch = a_batch()
    plan = m.plan(batch, Rng(0, B, dtype=torch.float64).at(step))
    return two_term_loss(net(interpolate(x, plan)), batch, plan, cross_entropy)


# --- MixupE


def test_the_term_of_version_3_is_entropy_minus_cross_entropy():
    """f(x)'(y - p) = H(p) - CE(f(x), y)."""
    net = network()
    x, batch = a_batch()
    out = net(x)
    p = out.softmax(1)
    q = (out * (F.one_hot(batch.y, C) - p)).sum(1)
    entropy = -(p * p.log()).sum(1)
    torch.testing.assert_close(q, entropy - F.cross_entropy(out, batch.y, reduction="none"), atol=1e-14, rtol=0)


@pytest.mark.parametrize("version", ["1", "2", "3", "4", "speech"])
@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_mixupe_is_its_formula_row_by_row(version, alpha):
    """The twin takes every row's term alone, with one backward pass a row, and rescales at the end."""
    eta, tau, net = 0.3, 0.2, network()
    x, batch = a_batch()
    mean = x.mean(0) + 0.5
    value, _ = objective(f"mixupe(version={version}, eta={eta}, tau={tau}, alpha={alpha})", net, {"mean": mean})
    mixed = mixup_loss(net, alpha)
    terms = []
    for i in range(B):
        xi = x[i : i + 1].clone().requires_grad_()
        out = net(xi)[0]
        residual = F.one_hot(batch.y[i], C) - out.softmax(0)
        if version in ("1", "2"):
            jacobian = torch.stack([torch.autograd.grad(out[c], xi, create_graph=True)[0][0] for c in range(C)])
            q = (-residual.detach()) @ (jacobian @ (mean - x[i]))
            terms.append(q.abs() if version == "2" else q if q < tau else q * 0)
        else:
            q = out @ (residual.detach() if version == "4" else residual)
            terms.append({"3": -q if q < tau else q * 0, "4": -q, "speech": -q.abs()}[version])
    total = mixed + eta * alpha / (2 * alpha + 1) * torch.stack(terms).mean()
    wanted = total * (mixed.abs() / total.abs()).detach()
    torch.testing.assert_close(value, wanted, atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(gradient(value, net), gradient(wanted, net), atol=1e-12, rtol=1e-8)


def test_the_rescaled_value_is_mixups():
    value, tail = objective("mixupe(eta=0.5)", network())
    torch.testing.assert_close(value, mixup_loss(network()))
    assert tail.rows == 2 * B
    _, tail = objective("mixupe(version=1)", network(), {"mean": torch.zeros(D, dtype=torch.float64)})
    assert tail.rows == 3 * B  # double backprop counts twice


@pytest.mark.parametrize("norm", [False, True])
def test_version_4s_gradient_is_regmixups_up_to_a_positive_factor(norm):
    """Clean weight eta (1 - mean lambda), clean and mixed rows in two passes."""
    eta, alpha = 0.7, 1.0
    weight = eta * alpha / (2 * alpha + 1)
    clean = weight / (1 + weight)
    mine, _ = objective(f"mixupe(version=4, eta={eta})", (net := network(norm)))
    theirs, _ = objective(f"regmixup(passes=2, alpha=1.0, clean={clean})", (other := network(norm)))
    a, b = gradient(mine, net), gradient(theirs, other)
    torch.testing.assert_close(
        F.cosine_similarity(a, b, dim=0), torch.tensor(1.0, dtype=torch.float64), atol=1e-12, rtol=0
    )
    assert float(a @ b) > 0


def test_eta_0_is_mixup_with_a_clean_pass():
    net, twin = network(norm=True), network(norm=True)
    value, tail = objective("mixupe(eta=0)", net)
    plain = mixup_loss(twin)
    torch.testing.assert_close(gradient(value, net), gradient(plain, twin), atol=1e-14, rtol=0)
    assert tail.rows == 2 * B
    assert int(net[1].num_batches_tracked) == 2  # the clean rows moved the running statistics as well
    assert int(twin[1].num_batches_tracked) == 1
    assert method("mixupe(eta=0)").control == "twin"
    assert method("mixupe(eta=0, length=2)").control == "compute"
    assert not method("mixupe").control


def test_double_backward_goes_through_batch_norm_and_forward_mode_would_not():
    """With BatchNorm in training mode the batch's vector-Jacobian product is not the row's own derivative."""
    net, x = network(norm=True), a_batch()[0].requires_grad_()
    out = net(x)
    v = torch.randn(B, C, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    tail = Tail(net)
    pulled = tail.pullback(out, x, v)
    torch.testing.assert_close(pulled, torch.autograd.grad((net(x) * v).sum(), x)[0])
    net.eval()
    alone = torch.autograd.grad((net(x) * v).sum(), x)[0]
    assert F.cosine_similarity(pulled.flatten(), alone.flatten(), dim=0) < 0.999


def test_the_mean_is_masked_and_other_sites_are_rejected():
    from mixsuite.mixing import TrainInfo

    x, mask = torch.randn(4, 2, 3), torch.tensor([[1.0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 0]])[:, None]
    got = method("mixupe(version=1)").prepare(TrainInfo((x, mask), None, 4, 2, "class", ()))["mean"]
    torch.testing.assert_close(got[:, 1], (x[0] + x[2] + x[3])[:, 1] / 3)
    task = TaskInfo("tabular", "class", 3, {"input": (4,), "hidden": (8,)}, 8, 50)
    assert "site 'input' alone" in method("mixupe(version=2, site=hidden)").reject(task)
    assert method("mixupe(site=hidden)").reject(task) is None
    assert "classification" in method("mixupe").reject(task._replace(kind="regression"))


# --- multi-mix


def plan_of(text, n=B, shape=(3, 6, 6), step=2, seed=0):
    y = torch.arange(n) % C
    return method(text).plan(Batch(y, shape, torch.tensor(0.0), {}), Rng(seed, n, dtype=torch.float64).at(step))


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("law", ["iid", "stratified"])
def test_multi_mix_equals_its_slow_twin(law, lam):
    k, alpha = 3, 0.7
    plan = plan_of(f"multi_mix(k={k}, alpha={alpha}, law={law}, lam={lam})")
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
        a, b = plan_of(one), plan_of(other)
        x = torch.randn(B, 3, 6, 6, dtype=torch.float64)
        assert torch.equal(interpolate(x, a), interpolate(x, b))
        torch.testing.assert_close(a.wy, b.wy)


def test_boxes_share_the_pair_and_differ():
    plan = plan_of("multi_mix(k=4, mask=box)", shape=(1, 8, 8))
    assert plan.wx.shape == (4 * B, 1, 8, 8)
    assert torch.equal(plan.partner[:B], plan.partner[B : 2 * B])
    assert len({float(s) for s in plan.wy[::B]}) > 1
    torch.testing.assert_close(plan.wy, plan.wx.flatten(1).mean(1))


def test_stages_below_a_hidden_site_run_once(job):
    from mixsuite.training import train

    one = job("multi_mix(k=5, site=hidden)")
    seen = []
    one.model.stages[0].register_forward_hook(lambda m, i, o: seen.append(len(o)))
    fitted = train(one)
    assert seen.count(8) == len(seen) - seen.count(1) == 12  # beside the looks at shapes, with one row
    assert fitted.rows_per_step == 40


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


# --- the others


def test_manifold_mixup_is_mixup_where_it_mixes():
    a, b = plan_of("manifold_mixup(alpha=0.7)"), plan_of("mixup(alpha=0.7)")
    assert torch.equal(a.partner, b.partner)
    assert torch.equal(a.wx, b.wx)
    assert method("manifold_mixup").site == "random"
    assert method("manifold_mixup(site=hidden)").site == "hidden"


def test_manifold_mixup_equals_a_slow_twin_at_every_site(job):
    """The twin runs the stages by hand and mixes between them; sites as the run drew them."""
    from mixsuite.training import task_info, train
    from mixsuite.training.feed import Feed

    j, twin = (job("manifold_mixup", dtype=torch.float64, precision="float64") for _ in "ab")
    feed = Feed(twin, task_info(twin))
    assert len(set(feed.sites)) > 1
    optimizer = torch.optim.SGD(twin.model.parameters(), 0.1, momentum=0.9, nesterov=True)
    for step in range(12):
        x, y = twin.data.train.x[feed.rows[step]], F.one_hot(twin.data.train.y[feed.rows[step]], 2).double()
        rng = Rng(0, 8, dtype=torch.float64).at(step)
        lam, partner = rng.beta(2.0, 2.0, 1), rng.permutation(8)
        for gap, stage in enumerate([*twin.model.stages, None]):
            if gap == twin.model.sites[feed.sites[step]]:
                x, y = lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner]
            x = stage(x) if stage is not None else x
        optimizer.zero_grad()
        F.cross_entropy(x, y).backward()
        optimizer.step()
    for mine, theirs in zip(train(j).model.parameters(), twin.model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-12, rtol=1e-10)


def test_decoupled_draws_one_quantile_for_two_laws():
    plan = plan_of("decoupled(alpha=0.5, alpha_y=4.0, per=row)")
    x, y = plan.wx.flatten().numpy(), plan.wy.numpy()
    np.testing.assert_allclose(stats.beta(0.5, 0.5).cdf(x), stats.beta(4, 4).cdf(y), atol=1e-9)
    np.testing.assert_allclose(stats.beta(0.5, 0.5).cdf(x), uniforms(0, "draw/lam", 2, 1, B)[0], atol=1e-9)
    fixed = plan_of("decoupled(lam=0.6, lam_y=0.8)")
    assert fixed.wx.unique().tolist() == pytest.approx([0.6])
    assert fixed.wy.unique().tolist() == pytest.approx([0.8])
    same, mixup = plan_of("decoupled(alpha=1.0, alpha_y=1.0)"), plan_of("mixup")
    assert torch.equal(same.wx, mixup.wx)
    assert torch.equal(same.wy, mixup.wy)


def test_regmixup_equals_a_slow_twin_in_one_pass_and_in_two():
    x, batch = a_batch()
    lam = float(Rng(0, B, dtype=torch.float64).at(3).beta(10.0, 10.0, 1)[0])
    partner = Rng(0, B, dtype=torch.float64).at(3).permutation(B)
    for passes in (1, 2):
        net, twin = network(norm=True), network(norm=True)
        value, tail = objective(f"regmixup(clean=0.3, passes={passes})", net)
        mixed_x = lam * x + (1 - lam) * x[partner]
        if passes == 1:
            clean_out, mixed_out = twin(torch.cat([x, mixed_x])).split(B)
        else:
            clean_out, mixed_out = twin(x), twin(mixed_x)
        hot = F.one_hot(batch.y, C).double()
        wanted = 0.3 * F.cross_entropy(clean_out, batch.y) + 0.7 * F.cross_entropy(
            mixed_out, lam * hot + (1 - lam) * hot[partner]
        )
        torch.testing.assert_close(value, wanted)
        assert tail.rows == 2 * B
        torch.testing.assert_close(net[1].running_mean, twin[1].running_mean)
    assert clean_loss(network()(x), batch, cross_entropy) > 0


def test_batch_augmentation_has_fresh_partners_and_begins_as_mixup():
    plan, mixup = plan_of("batch_augmentation(k=3)"), plan_of("mixup")
    assert torch.equal(plan.partner[:B], mixup.partner)
    assert torch.equal(plan.wy[:B], mixup.wy)
    parts = plan.partner.split(B)
    assert all(sorted(p.tolist()) == list(range(B)) for p in parts)
    assert len({tuple(p.tolist()) for p in parts}) == 3
    assert method("batch_augmentation").control == "compute"


@pytest.mark.parametrize(
    "text",
    ["multi_mix(k=0)", "multi_mix(law=both)", "mixupe(eta=-1)", "mixupe(version=5)", "decoupled(lam=0.5)",
     "decoupled(lam=2, lam_y=0.5)", "regmixup(clean=2)", "regmixup(passes=3)", "batch_augmentation(k=0)",
     "manifold_mixup(alpha=0)"],
)  # fmt: skip
def test_values_out_of_range_are_refused(text):
    with pytest.raises(InputError):
        resolve_method(text)


NOT_HERE = {  # on classes, in pictures and tables
    "images": {"specmix", "column_cutmix", "ifmixup", "c_mixup", "gan", "all_pairs"},
    "tabular": {
        "cutmix",
        "fmix",
        "gridmix",
        "resizemix",
        "saliencymix",
        "specmix",
        "ifmixup",
        "c_mixup",
        "gan",
        "all_pairs",
    },
}
APPLIES = [
    (name, domain) for name in plugins.names(plugins.METHODS) for domain in NOT_HERE if name not in NOT_HERE[domain]
]


@pytest.mark.parametrize(
    ("name", "domain"), [(name, domain) for domain, names in NOT_HERE.items() for name in sorted(names)]
)
def test_where_a_method_does_not_apply_it_says_why(job, name, domain):
    from mixsuite.errors import SkipRun
    from mixsuite.training import train

    with pytest.raises(SkipRun, match=r"made for|is for"):
        train(job(name, domain=domain))


@pytest.mark.parametrize(("name", "domain"), APPLIES)
def test_every_method_trains_the_same_bytes_twice_on_paired_draws(job, name, domain):
    from mixsuite.training import train

    first, again = (train(job(name, domain=domain)) for _ in "ab")
    assert first.digests == again.digests
    erm = train(job("erm", domain=domain)).digests
    held = job(name).method.hold > 1  # sees the same batches, each for longer
    assert all(first.digests[s] == erm[s] for s in ("init", *([] if held else ["order"]), "draws"))
    assert name == "erm" or first.digests["weights"] != erm["weights"]


def test_methods_share_partners_and_no_draw_moves_another():
    needy = {"remix", "saliencymix", "column_cutmix"}  # want more than a batch of labels
    described = plugins.describe(plugins.METHODS)
    named = [d["name"] for d in described if d["pairing"] == "permutation" and d["name"] not in needy]
    assert {"mixup", "cutmix", "mixupe", "multi_mix", "decoupled", "fmix", "midpoint"} <= set(named)
    partners = [plan_of(name, shape=(1, 6, 6)).partner[:B] for name in named]
    assert all(torch.equal(p, partners[0]) for p in partners)
