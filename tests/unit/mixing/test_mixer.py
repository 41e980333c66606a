"""Mixer in loops that are not the suite's: the trainer's own draws, resuming, ranks, precision, and clear refusals."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mixsuite.data.state import take_rows
from mixsuite.errors import InputError
from mixsuite.mixing import Mixer
from mixsuite.mixing.rng import batch_order
from mixsuite.training.built_in import optimizer_of, schedule_of
from mixsuite.training.loop import train
from mixsuite.training.schedule import learning_rates


def rows(n=8, classes=3, seed=0, shape=(4,)):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(n, *shape, generator=draws), torch.randint(0, classes, (n,), generator=draws)


def net(seed=0, sizes=(4, 6, 3)):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize(
    ("method", "domain", "site"),
    [
        ("erm", "tabular", None),
        ("mixup(alpha=0.4, lam=row)", "tabular", None),
        ("mixup(start=0.25, stop=0.5)", "tabular", None),
        ("mixup(site=hidden)", "images", "stages.1"),
        ("manifold_mixup", "tabular", ("input", "stages.1", "stages.2")),
        ("multi_mix(k=3)", "tabular", None),
        ("regmixup", "tabular", None),
        ("regmixup(passes=2)", "images", None),
        ("mixupe", "tabular", None),
        ("cutmix", "images", None),
        ("saliencymix", "images", None),
        ("remix(kappa=1.0)", "tabular", None),
    ],
)
def test_a_plain_loop_with_it_is_the_suites_trainer(job, method, domain, site):
    """The same batches, rates and seed: the same weights, bit by bit."""
    fitted = train(job(method, domain=domain))
    own = job(method, domain=domain)
    data, recipe, steps = own.data.train, own.recipe, own.steps
    mixer = Mixer(own.method, seed=own.seed, steps=steps, site=site).prepare(data.x, data.y, own.data.classes)
    optimizer = optimizer_of(own).steps(dict(own.model.named_parameters()), recipe)
    rates = learning_rates(recipe, schedule_of(own), steps)
    order = torch.from_numpy(batch_order(own.seed, len(data), recipe.batch, steps))
    own.model.train()
    for step in range(steps):
        loss = mixer.loss(own.model, take_rows(data.x, order[step]), data.y[order[step]])
        loss.backward()
        optimizer.step(rates[step], lambda loss=loss: loss)
    ours, theirs = own.model.state_dict(), fitted.model.state_dict()
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)


@pytest.mark.parametrize(
    "method", ["mixup", "mixup(lam=row)", "multi_mix(k=2)", "regmixup", "same_class", "erm", "decoupled"]
)
def test_the_mixed_batch_and_its_target_are_the_loss(method):
    x, y = rows()
    model, kept = net(), x.clone()
    state = torch.get_rng_state()
    mixed, target = Mixer(method, seed=3)(x, y)
    loss = target.loss(model(mixed))
    assert torch.equal(loss, Mixer(method, seed=3).loss(model, x, y))
    assert torch.equal(x, kept)
    assert torch.equal(torch.get_rng_state(), state)
    if method != "regmixup":
        soft = target.soft(3)
        torch.testing.assert_close(soft.sum(1), torch.ones(len(mixed)))
        torch.testing.assert_close(F.cross_entropy(model(mixed), soft), loss)
    else:
        with pytest.raises(ValueError, match=r"weights in the loss: use target.loss\(out\)"):
            target.soft(3)


def test_every_step_and_every_seed_draws_anew_and_a_smaller_last_batch_takes_the_first_draws():
    x, y = rows(16)
    mixer = Mixer("mixup(lam=row)", seed=0)
    first, second = mixer(x, y)[1].plan, mixer(x, y)[1].plan
    assert not torch.equal(first.wy, second.wy)
    assert not torch.equal(Mixer("mixup(lam=row)", seed=1)(x, y)[1].plan.wy, first.wy)
    third = mixer(x[:5], y[:5])[1].plan
    whole = Mixer("mixup(lam=row)", seed=0)
    whole.load_state_dict({"method": 'mixup(lam="row")', "seed": 0, "sites": ["input"], "step": 2, "width": 16})
    assert torch.equal(third.wy, whole(x, y)[1].plan.wy[:5])
    assert sorted(third.partner.tolist()) == list(range(5))


def test_a_checkpoint_goes_on_where_it_was(tmp_path):
    x, y = rows()
    whole, half = Mixer("cutmix", seed=5), Mixer("cutmix", seed=5)
    x = x.reshape(8, 1, 2, 2)
    wanted = [whole(x, y)[0] for _ in range(6)]
    got = [half(x, y)[0] for _ in range(3)]
    torch.save(half.state_dict(), tmp_path / "mixer.pt")
    resumed = Mixer("cutmix", seed=5)
    resumed.load_state_dict(torch.load(tmp_path / "mixer.pt"))
    got += [resumed(x[:8], y)[0] for _ in range(3)]
    assert all(torch.equal(a, b) for a, b in zip(wanted, got, strict=True))
    for other, said in (
        (Mixer("mixup", seed=5), "of method 'cutmix', not of 'mixup'"),
        (Mixer("cutmix", seed=6), "seed 5"),
    ):
        with pytest.raises(ValueError, match=said):
            other.load_state_dict(half.state_dict())


def test_under_autocast_the_draws_are_the_same_and_the_loss_is_float32():
    x, y = rows(16)
    model = net()
    plain = Mixer("mixup", seed=0).loss(model, x, y)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed, target = Mixer("mixup", seed=0)(x, y)
        half = Mixer("mixup", seed=0).loss(model, x, y)
    assert torch.equal(mixed, Mixer("mixup", seed=0)(x, y)[0])
    assert half.dtype == target.plan.wy.dtype == torch.float32
    assert plain.item() != half.item() == pytest.approx(plain.item(), rel=0.02)
    half.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_inputs_of_other_precision_keep_it(dtype):
    x, y = rows(16)
    mixed, target = Mixer("mixup", seed=0)(x.to(dtype), y)
    assert mixed.dtype == dtype
    assert target.plan.wy.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    torch.testing.assert_close(mixed.float(), Mixer("mixup", seed=0)(x, y)[0], atol=0.05, rtol=0.05)


def test_gradients_accumulate_over_micro_batches():
    x, y = rows(16)
    model, parts = net(), ((0, 8), (8, 16))
    mixer = Mixer("mixup", seed=0)
    for a, b in parts:
        (mixer.loss(model, x[a:b], y[a:b]) / 2).backward()
    got = [p.grad.clone() for p in model.parameters()]
    again = Mixer("mixup", seed=0)
    pairs = [again(x[a:b], y[a:b]) for a, b in parts]
    model.zero_grad()
    torch.stack([target.loss(model(mixed)) for mixed, target in pairs]).mean().backward()
    for one, other in zip(got, model.parameters(), strict=True):
        torch.testing.assert_close(one, other.grad)


def test_each_rank_draws_its_own_stream_and_the_first_is_the_plain_one():
    x, y = rows(64)
    plans = [Mixer("mixup(lam=row)", seed=0, rank=r)(x, y)[1].plan for r in (None, 0, 1, 2)]
    assert torch.equal(plans[0].wy, plans[1].wy)
    assert not torch.equal(plans[1].wy, plans[2].wy)
    assert not torch.equal(plans[2].partner, plans[3].partner)


def test_a_hidden_site_is_mixed_where_it_is_named():
    x, y = rows()
    model = net(sizes=(4, 6, 6, 3))
    plan = Mixer("mixup", seed=0)(x, y)[1].plan
    h = model[:2](x)
    lam = plan.wy[:, None]
    wanted = model[2:](lam * h + (1 - lam) * h[plan.partner])
    loss = Mixer("mixup", seed=0, site="2").loss(model, x, y)
    each = plan.wy * F.cross_entropy(wanted, y, reduction="none")
    each = each + (1 - plan.wy) * F.cross_entropy(wanted, y[plan.partner], reduction="none")
    torch.testing.assert_close(loss, each.mean())
    assert not model[2]._forward_pre_hooks  # nothing is left behind
    clean = Mixer("mixup(stop=0.0)", seed=0, site="2", steps=10).loss(model, x, y)
    torch.testing.assert_close(clean, F.cross_entropy(model(x), y))


def test_other_targets_losses_and_arguments():
    x, y = rows()
    soft = F.one_hot(y, 3).float()
    model = net()
    torch.testing.assert_close(Mixer("mixup", seed=0).loss(model, x, soft), Mixer("mixup", seed=0).loss(model, x, y))
    many = Mixer("mixup", seed=0, kind="multilabel").loss(model, x, soft)
    assert many.item() != pytest.approx(Mixer("mixup", seed=0).loss(model, x, y).item())
    numbers = torch.randn(8, 3)
    huber = lambda out, target: F.huber_loss(out, target, reduction="none").mean(1)  # noqa: E731
    assert Mixer("c_mixup", seed=0, kind="regression", loss=huber).loss(model, x, numbers).isfinite()

    class Two(nn.Module):
        def forward(self, x, scale, shift=0.0):
            return x[:, :3] * scale + shift

    weights = torch.rand(8)
    assert Mixer("mixup", seed=0).loss(Two(), x, y, 2.0, shift=0.5, row_weight=weights).isfinite()
    pair = (torch.randn(8, 3), torch.randn(8, 3))

    class Pair(nn.Module):
        def forward(self, a, b):
            return a + b

    mixed, target = Mixer("mixup", seed=0)(pair, y)
    torch.testing.assert_close(Mixer("mixup", seed=0).loss(Pair(), pair, y), target.loss(Pair()(*mixed)))


def test_the_window_needs_the_number_of_steps_and_does_not_end_before_it():
    x, y = rows()
    model = net()
    clean = F.cross_entropy(model(x), y)
    mixer = Mixer("mixup(start=0.5)", seed=0, steps=4)
    seen = [bool(torch.isclose(mixer.loss(model, x, y), clean)) for _ in range(6)]
    assert seen == [True, True, False, False, False, False]


REFUSED = [
    (lambda: Mixer("mixpu", 0), "did you mean 'mixup'"),
    (lambda: Mixer("mixup(alhpa=1)", 0), "did you mean 'alpha'"),
    (lambda: Mixer("mixup", -1), "seed=-1"),
    (lambda: Mixer("mixup", 0, kind="clas"), "kind='clas': allowed is class, multilabel, regression"),
    (lambda: Mixer("mixup(length=2)", 0), "length and batch are for matrices"),
    (lambda: Mixer("ordered", 0), "takes 5 steps with each batch"),
    (lambda: Mixer("mixup(stop=0.5)", 0), "give steps"),
    (lambda: Mixer("manifold_mixup", 0), "draws its site anew each step: name some"),
    (lambda: Mixer("remix", 0).loss(net(), *rows()), r"call mixer.prepare\(x, y\)"),
    (lambda: Mixer("mixupe", 0)(*rows()), r"has terms that need the model: use mixer.loss"),
    (lambda: Mixer("mixup", 0, site="2")(*rows()), "mixes inside the model: use mixer.loss"),
    (lambda: Mixer("mixup", 0, site="head").loss(net(), *rows()), r"no such module \(allowed: input, 0, 1, 2\)"),
    (lambda: Mixer("mixupe", 0, site="2").loss(net(), *rows()), "has terms of its own, for which the site is input"),
    (lambda: Mixer("cutmix", 0)(*rows()), r"made for images, speech, not for tabular \(domain= says"),
    (lambda: Mixer("cutmix", 0, domain="images")(*rows()), "cuts boxes"),
    (lambda: Mixer("same_class", 0, kind="regression")(rows()[0], torch.randn(8, 1)), "made for targets of the kind class, not for regression"),
    (lambda: Mixer("mixup", 0)(rows()[0], rows(7)[1]), "x has 8 rows, y has 7"),
    (lambda: Mixer("mixup", True), "seed=True"),
    (lambda: Mixer("mixup", 0, steps=0), "steps=0: allowed is a whole number above 0"),
    (lambda: Mixer("mixup", 0, steps=-3), "steps=-3"),
    (lambda: Mixer("mixup", 0, rank="1"), "rank='1'"),
    (lambda: Mixer("mixup", 0, prob=0.5), "prob=0.5 is for a list of methods"),
    (lambda: Mixer("mixup", 0)(rows()[0].to_sparse(), rows()[1]), "x is sparse"),
    (lambda: Mixer("mixup", 0)(*rows(), row_weight=[1.0] * 8), r"row_weight is a list; wanted is a tensor \[8\]"),
    (lambda: Mixer("mixup", 0)(*rows())[1].soft(2), r"soft\(2\): the targets show 3 classes"),
    (lambda: Mixer("mixup", 0).load_state_dict(Mixer("mixup", 0).state_dict() | {"step": "3"}), "step is '3'"),
    (lambda: Mixer("mixup", 0).load_state_dict(Mixer("mixup", 0).state_dict() | {"step": None}), "step is None"),
    (lambda: Mixer("mixup", 0).load_state_dict(Mixer("mixup", 0).state_dict() | {"width": 0}), "width is 0"),
    (lambda: Mixer("mixup", 0).load_state_dict(Mixer("mixup", 0).state_dict() | {"width": "16"}), "width is '16'"),
    (lambda: Mixer("mixup", 0, loss=F.cross_entropy).loss(net(), *rows()), 'reduction="none"'),
]  # fmt: skip


@pytest.mark.parametrize(("use", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_meant_is_refused_in_a_sentence(use, said):
    with pytest.raises((InputError, ValueError), match=said) as error:
        use()
    assert "\n" not in str(error.value)


class Shared(nn.Module):
    """Runs its layer twice; holds another one that never runs."""

    def __init__(self):
        super().__init__()
        self.layer, self.idle, self.head = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.layer(self.layer(x)))


@pytest.mark.parametrize(("site", "said"), [("layer", "runs more than once a pass"), ("idle", "does not run")])
def test_a_site_that_does_not_run_once_is_refused(site, said):
    model = Shared()
    with pytest.raises(ValueError, match=said):
        Mixer("mixup", 0, site=site).loss(model, *rows())
    assert not getattr(model, site)._forward_pre_hooks


def test_an_authors_mistake_is_named(tmp_path):
    path = tmp_path / "late.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom mixsuite.mixing import Method, Plan, over\n@dataclass(frozen=True)\n"
        "class Late(Method):\n    def plan(self, batch, rng):\n        n = len(batch.y)\n"
        "        lam = batch.progress.expand(n)\n        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n"
    )
    with pytest.raises(
        ValueError, match=r"late: plan: wx must lie in \[0, 1\], has NaN \(does it look at the progress\?"
    ):
        Mixer(str(path), 0)(*rows())
    assert Mixer(str(path), 0, steps=5)(*rows())[1].plan.wy.tolist() == [0.0] * 8


def test_shares_that_go_wrong_on_the_way_are_noticed(tmp_path):
    path = tmp_path / "drifts.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom mixsuite.mixing import Method, Plan, over\n@dataclass(frozen=True)\n"
        "class Drifts(Method):\n    def plan(self, batch, rng):\n        n = len(batch.y)\n"
        "        lam = (1.5 * batch.progress).expand(n)\n        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n"
    )
    mixer = Mixer(str(path), 0, steps=64)
    for _ in range(43):
        mixer(*rows())
    with pytest.raises(ValueError, match=r"drifts: plan: wx must lie in \[0, 1\], is 1.008 to 1.008"):
        mixer(*rows())


def test_a_plan_that_loses_its_form_on_the_way_is_noticed(tmp_path):
    path = tmp_path / "late.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom mixsuite.mixing import Method, Plan, over\n@dataclass(frozen=True)\n"
        "class Late(Method):\n    def plan(self, batch, rng):\n        n = len(batch.y)\n"
        "        lam = rng.beta(1, 1, n)\n"
        "        return Plan(rng.permutation(n), over(lam, batch.shape), lam[:, None] if batch.step > 7 else lam)\n"
    )
    mixer = Mixer(str(path), 0)
    for _ in range(8):
        mixer(*rows())
    with pytest.raises(ValueError, match=r"wy must be \[8\], is \[8, 1\]"):
        mixer(*rows())


def test_regression_targets_of_one_axis_are_a_column():
    x, y = rows()[0], torch.randn(8)
    model = net(sizes=(4, 6, 1))
    flat = lambda x: model(x)[:, 0]  # noqa: E731
    wanted = Mixer("mixup", 0, kind="regression").loss(model, x, y[:, None])
    for one, target in ((model, y), (flat, y), (flat, y[:, None])):
        assert torch.equal(Mixer("mixup", 0, kind="regression").loss(one, x, target), wanted)
    with pytest.raises(ValueError, match=r"outputs are \[8, 3\], targets \[8, 1\]"):
        Mixer("mixup", 0, kind="regression").loss(net(), x, y)
