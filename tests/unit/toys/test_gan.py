"""A GAN against its two players by hand."""

import pytest
import torch
from support.clips import clip_job, clips
from support.graphs import graph_job, graphs
from support.tasks import job_of
from support.toy_tasks import GRID, ring_job, toy
from torch.nn import functional as F

from mixsuite.errors import InputError, SkipRun
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Tail
from mixsuite.mixing.losses import LOSSES
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info
from mixsuite.training.loop import train


def players(job):
    """Weights of the generator and of the discriminator."""
    return [list(stage.parameters()) for stage in job.model.stages]


def one_step(formula, move):
    """(gradients of the generator or None, of the discriminator, what they are made from) of one objective."""
    job = ring_job(f"formula={formula}", model="points(width=6)", batch=16)
    feed, model = BatchSource(job, task_info(job)), job.model
    x, batch = feed.batch(0)
    plan = feed.plan(0, batch)
    plan.extra["move"] = torch.tensor(move)
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
    a, b = plan.extra["first"], plan.extra["second"]
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
    job = ring_job("formula=demo, alpha=0.5", model="points(width=2)", batch=64, steps=400)
    feed = BatchSource(job, task_info(job))
    batch = feed.batch(0)[1]
    plans = [feed.plan(step, batch) for step in range(400)]
    assert sum(bool(plan.extra["move"]) for plan in plans) == pytest.approx(80, abs=25)
    shares = torch.cat([plan.wx for plan in plans])
    assert float(shares.min()) >= 0.5
    assert float(shares.mean()) == pytest.approx(0.75, abs=0.01)  # the second weighs Uniform(0, 0.5)
    assert all(plan.extra["first"].sort().values.equal(torch.arange(128)) for plan in plans[:5])


def test_noise_is_new_in_every_step_and_points_stay():
    job = job_of(GRID, toy("gan"), model="points(width=2)", batch=32)
    feed = BatchSource(job, task_info(job))
    (first, _), (second, _) = feed.batch(0), feed.batch(1)
    points, noise = (leaf[feed.rows[0]] for leaf in job.data.train.x)
    assert first[0].equal(points)
    assert not first[1].equal(noise)
    noise = torch.cat([feed.batch(step)[0][1] for step in range(100)])
    assert float(noise.mean()) == pytest.approx(0, abs=0.05)
    assert float(noise.std()) == pytest.approx(1, abs=0.03)
    assert not first[1].equal(second[1])


@pytest.mark.slow
def test_a_gan_trains_and_learns():
    job = ring_job(model="points(width=32)", steps=300)
    with torch.no_grad():
        before = job.model(job.data.test.x, 0, 1)[1].norm(dim=1).mean()
    fitted = train(job)
    with torch.no_grad():
        after = fitted.model(job.data.test.x, 0, 1)[1].norm(dim=1).mean()
    assert abs(float(after) - 1) < abs(float(before) - 1)  # the ring's points lie at 1 from the middle
    assert fitted.digests["weights"] == train(ring_job(model="points(width=32)", steps=300)).digests["weights"]


@pytest.mark.parametrize(
    ("entry", "method"),
    [(toy("gaussians", "shape=ring"), toy("all_pairs")), (toy("feature_noise", "dims=8"), toy("gan"))],
)
def test_they_are_made_for_their_own_models(entry, method):
    with pytest.raises(SkipRun, match="made for"):
        train(job_of(entry, method, steps=2))


@pytest.mark.parametrize("inside", ["every=0", "formula=demo, alpha=2", "site=input"])
def test_parameters_out_of_range_are_refused(inside):
    with pytest.raises(InputError, match="allowed is"):
        resolve_method(toy("gan", inside))


@pytest.mark.parametrize("name", ["gan", "all_pairs"])
@pytest.mark.parametrize("domain", ["tabular", "images", "speech", "graphs"])
def test_it_says_that_it_is_not_for_ordinary_tasks(job, domain, name):
    made = {
        "speech": lambda: clip_job(toy(name), clips([5, 9, 7, 8] * 10)),
        "graphs": lambda: graph_job(toy(name), graphs(30)),
    }
    with pytest.raises(SkipRun, match=r"made for|is for"):
        train(made[domain]() if domain in made else job(toy(name), domain=domain))


def test_a_gan_without_mixing_is_a_twin_and_no_toy_can_be_stacked():
    from mixsuite.experiment.build import make_method

    plain, mixed = (make_method(resolve_method(toy("gan", inside))) for inside in ("formula=plain", ""))
    assert (plain.control, mixed.control) == ("twin", "")
    assert not plain.stackable
    assert not plain.mixes_alone
