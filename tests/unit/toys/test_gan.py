"""Methods of theory and of toys: all pairs against every pair by itself, a GAN against its two players by hand."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from mixsuite.domains.build import make_data, make_model
from mixsuite.errors import InputError, SkipRun
from mixsuite.experiment.matrix import Matrix
from mixsuite.plugins.validate import check_model
from mixsuite.mixing import Plan, Tail
from mixsuite.mixing.engine import interpolate, two_term_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.training.recipe import Recipe
from mixsuite.experiment.build import make_dataset, make_domain, make_method
from mixsuite.experiment.resolve import resolve_method, resolve_task
from mixsuite.training.job import Job
from mixsuite.training.loop import train
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info

PLAIN = check_model(Matrix, {"seeds": "0", "datasets": ["wine"], "methods": ["erm"]}, "test")


def job_of(entry, method, **values):
    task = resolve_task(entry, PLAIN)
    domain, dataset = make_domain(task.domain), make_dataset(task)
    data = make_data(domain, dataset, dataset.load(Path()), 0, dtype=torch.float64)
    recipe = check_model(Recipe, dict(task.recipe) | values, "test")
    model, made = make_model(domain, data, recipe, 0), make_method(resolve_method(method))
    return Job(task.domain, data, model, made, recipe, 0, augment=domain.augment(recipe))


@pytest.mark.parametrize(
    ("text", "lam", "lam_y"), [("all_pairs", 0.6, 0.6), ("all_pairs(lam=0.3, lam_y=0.9)", 0.3, 0.9)]
)
def test_all_pairs_are_every_pair_through_the_engine(text, lam, lam_y):
    job = job_of("feature_noise(dims=12, rows=10)", text, batch=10)
    feed, model = BatchSource(job, task_info(job)), job.model
    x, batch = feed.batch(0)
    fast = job.method.objective(
        Tail(lambda h: model(h, 1)), model(x, 0, 1), batch, feed.plan(0, batch), LOSSES["class"]
    )
    found = torch.autograd.grad(fast, model.stages[0].weight)[0]
    i, j = (v.flatten() for v in torch.meshgrid(torch.arange(10), torch.arange(10), indexing="ij"))
    every = Plan(j, torch.full((100,), lam, dtype=torch.float64), torch.full((100,), lam_y, dtype=torch.float64), own=i)
    slow = two_term_loss(model(interpolate(x, every)), batch, every, LOSSES["class"])
    torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-12)
    wanted = torch.autograd.grad(slow, model.stages[0].weight)[0]
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-12)


def players(job):
    """Weights of the generator and of the discriminator."""
    return [list(stage.parameters()) for stage in job.model.stages]


def one_step(formula, move):
    """(gradients of the generator or None, of the discriminator, what they are made from) of one objective."""
    job = job_of("gaussians:ring", f"gan(formula={formula})", model="gan(width=6)", batch=16)
    feed, model = BatchSource(job, task_info(job)), job.model
    x, batch = feed.batch(0)
    plan = feed.plan(0, batch)._replace(move=torch.tensor(move))
    job.method.objective(Tail(lambda h: model(h, 1)), model(x, 0, 1), batch, plan, LOSSES["multilabel"]).backward()
    grads = [[w.grad for w in weights] for weights in players(job)]
    return *grads, job, x, plan


def flat(values):
    return torch.cat([v.flatten() for v in values])


def by_hand(job, formula, x, plan):
    """The two players' own losses, written out: (what g ascends, what d descends)."""
    g, d = job.model.stages[0].net, job.model.stages[1].net
    real, made = x[0], g(x[1])

    def bce(points, target):
        return F.binary_cross_entropy_with_logits(d(points)[:, 0], target)

    ones, zeros = torch.ones(16).double(), torch.zeros(16).double()
    plain = (bce(real, ones) + bce(made, zeros)) / 2
    if formula == "plain":
        return plain, plain
    lam = plan.wx.double()
    if formula == "mixup":
        mixed = bce(lam[:, None] * real + (1 - lam)[:, None] * made, lam)
        return mixed, mixed
    points, target, lam = torch.cat([real, made.detach()]), torch.cat([ones, zeros]), torch.cat([lam, lam])
    a, b = plan.first, plan.second
    mixed = lam[:, None] * points[a] + (1 - lam)[:, None] * points[b]
    return plain, bce(mixed, lam * target[a] + (1 - lam) * target[b])


@pytest.mark.parametrize("formula", ["plain", "mixup", "demo"])
def test_the_generator_ascends_and_the_discriminator_descends(formula):
    g, d, job, x, plan = one_step(formula, move=True)
    for weight in job.model.parameters():
        weight.grad = None
    up, down = by_hand(job, formula, x, plan)
    generator, discriminator = players(job)
    torch.testing.assert_close(
        flat(g), -flat(torch.autograd.grad(up, generator, retain_graph=True)), rtol=1e-9, atol=1e-14
    )
    torch.testing.assert_close(flat(d), flat(torch.autograd.grad(down, discriminator)), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("formula", ["plain", "mixup", "demo"])
def test_in_other_steps_the_generator_has_no_gradient_and_stays(formula):
    g, d, *_ = one_step(formula, move=False)
    assert all(grad is None for grad in g)
    assert all(grad is not None for grad in d)


def test_one_in_five_steps_moves_the_generator_and_shares_follow_their_laws():
    job = job_of("gaussians:ring", "gan(formula=demo, alpha=0.5)", model="gan(width=2)", batch=64, steps=400)
    feed = BatchSource(job, task_info(job))
    batch = feed.batch(0)[1]
    plans = [feed.plan(step, batch) for step in range(400)]
    assert sum(bool(plan.move) for plan in plans) == pytest.approx(80, abs=25)
    shares = torch.cat([plan.wx for plan in plans])
    assert float(shares.min()) >= 0.5
    assert float(shares.mean()) == pytest.approx(0.75, abs=0.01)  # the second weighs Uniform(0, 0.5)
    assert all(plan.first.sort().values.equal(torch.arange(128)) for plan in plans[:5])


def test_noise_is_new_in_every_step_and_points_stay():
    job = job_of("gaussians:grid", "gan", model="gan(width=2)", batch=32)
    feed = BatchSource(job, task_info(job))
    (first, _), (second, _) = feed.batch(0), feed.batch(1)
    points, noise = (leaf[feed.rows[0]] for leaf in job.data.train.x)
    assert first[0].equal(points)
    assert not first[1].equal(noise)
    noise = torch.cat([feed.batch(step)[0][1] for step in range(100)])
    assert float(noise.mean()) == pytest.approx(0, abs=0.05)
    assert float(noise.std()) == pytest.approx(1, abs=0.03)
    assert not first[1].equal(second[1])


def test_a_gan_trains_and_learns():
    job = job_of("gaussians:ring", "gan", model="gan(width=32)", steps=300)
    with torch.no_grad():
        before = job.model(job.data.test.x, 0, 1)[1].norm(dim=1).mean()
    fitted = train(job)
    with torch.no_grad():
        after = fitted.model(job.data.test.x, 0, 1)[1].norm(dim=1).mean()
    assert abs(float(after) - 1) < abs(float(before) - 1)  # the ring's points lie at 1 from the middle
    assert (
        fitted.digests["weights"]
        == train(job_of("gaussians:ring", "gan", model="gan(width=32)", steps=300)).digests["weights"]
    )


@pytest.mark.parametrize(("entry", "method"), [("gaussians:ring", "all_pairs"), ("feature_noise(dims=8)", "gan")])
def test_they_are_made_for_their_own_models(entry, method):
    with pytest.raises(SkipRun, match="made for"):
        train(job_of(entry, method, steps=2))


@pytest.mark.parametrize(
    "text",
    [
        "all_pairs(lam=2)",
        "all_pairs(site=input)",
        "gan(every=0)",
        "gan(formula=demo, alpha=2)",
        "gan(site=input)",
        "ordered(k=0)",
    ],
)
def test_parameters_out_of_range_are_refused(text):
    with pytest.raises(InputError, match="allowed is"):
        resolve_method(text)


@pytest.mark.parametrize(
    "entry", ["feature_noise(dims=3)", "feature_noise(weak_patches=5)", "feature_noise(rare=2)", "gaussians(std=-1)"]
)
def test_so_are_those_of_the_data(entry):
    with pytest.raises(InputError, match="allowed is"):
        resolve_task(entry, PLAIN)
