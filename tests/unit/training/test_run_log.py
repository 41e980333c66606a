"""What is kept of a run: the curve, the plans' digest, the best weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.toys import Toy

from mixsuite.data.digest import digest
from mixsuite.errors import InputError
from mixsuite.mixing import Plan
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import Diverged, task_info
from mixsuite.training.loop import train
from mixsuite.training.predict import predict
from mixsuite.training.run_log import HELD_PLANS, BestCheckpoint, RunLog, curve_ends, fitted


def test_best_validation_takes_the_weights_of_the_best_look(job):
    j = job("erm", select="best_validation", steps=40, lr=0.5)
    fitted = train(j)
    looks = [p["valid"] for p in fitted.curve if "valid" in p]
    assert len(looks) >= 15
    found = (predict(fitted.model, j.data.valid).argmax(1) != j.data.valid.y).double().mean()
    assert float(found) == min(looks)
    last = train(job("erm", steps=40, lr=0.5))
    assert not any("valid" in p for p in last.curve)


def test_best_validation_without_validation_rows_is_refused(job):
    raw = Toy().load(None)
    part = np.repeat([0, 2], [4, 56])
    j = job("erm", raw=replace(raw, split_id=part), select="best_validation", batch=4)
    assert len(j.data.valid) == 0
    with pytest.raises(InputError, match="no validation rows"):
        train(j)


@pytest.mark.parametrize(("steps", "ends"), [(1, [0]), (3, [0, 1, 2]), (50, list(range(50)))])
def test_short_runs_have_a_point_a_step(steps, ends):
    assert curve_ends(steps) == ends


@pytest.mark.parametrize("steps", [51, 120, 1001])
def test_long_runs_have_fifty_stretches_of_one_length_up_to_one(steps):
    ends = curve_ends(steps)
    assert len(ends) == 50
    assert ends[-1] == steps - 1
    assert set(np.diff([-1, *ends])) <= {steps // 50, steps // 50 + 1}


def plan(value=0.5, n=8):
    share = torch.full((n,), value)
    return Plan(torch.arange(n).roll(1), share[:, None], share)


def test_a_point_is_the_step_and_six_digits_and_no_number_ends_the_run(job):
    log = RunLog(job("mixup"))
    log.point(4, 0.123456789)
    assert log.points == [{"step": 5, "loss": 0.123457}]
    for value in (float("nan"), float("inf")):
        with pytest.raises(Diverged, match=r"the training loss is (nan|inf) by step 8"):
            log.point(7, value)


def test_the_digest_is_of_every_site_and_plan_and_of_nothing_else(job):
    def digest_of(plans, sites=None, ends=()):
        log = RunLog(job("mixup", steps=len(plans)))
        log.ends = {len(plans) - 1, *ends}
        for step, one in enumerate(plans):
            log.note(step, (sites or ["input"] * len(plans))[step], one)
        return log.plans.hexdigest()

    shares = [0.1, 0.2, 0.3, 0.4]
    plain = digest_of([plan(v) for v in shares])
    assert plain == digest_of([plan(v) for v in shares])
    assert plain != digest_of([plan(v) for v in [0.1, 0.2, 0.3, 0.5]])
    assert plain != digest_of([plan(v) for v in shares], ["input", "hidden", "input", "input"])
    assert plain != digest_of([*[plan(v) for v in shares[:3]], plan(0.4)._replace(extra={"scale": torch.ones(8)})])
    assert plain != digest_of([plan(0.1)._replace(extra={"scale": torch.ones(8)}), *[plan(v) for v in shares[1:]]])
    assert plain != digest_of([*[plan(v) for v in shares[:3]], None])


def test_plans_of_unlike_shapes_are_hashed_too(job):
    log = RunLog(job("mixup"))
    log.ends = {1}
    log.note(0, "input", plan())
    log.note(1, "hidden", plan()._replace(wx=torch.ones(8, 2, 2)))
    assert log.plans.hexdigest() != RunLog(job("mixup")).plans.hexdigest()
    assert log._held == []


def test_the_first_plans_of_each_site_are_checked_at_once_and_the_others_many_at_once(job):
    bad = plan()._replace(wy=torch.full((8,), 1.5))
    log = RunLog(job("mixup", steps=1000))
    with pytest.raises(ValueError, match=r"^plan: wy must lie in \[0, 1\], is 1\.5 to 1\.5$"):
        log.note(0, "input", bad)
    log = RunLog(job("mixup", steps=100_000))
    log.note(0, "input", plan())
    log.note(1, "input", plan())
    for step in range(2, HELD_PLANS - 1):
        log.note(step, "input", bad if step == 30 else plan())
    with pytest.raises(ValueError, match=r"within the last 64 steps up to step 64"):
        log.note(HELD_PLANS - 1, "input", plan())
    fresh = RunLog(job("mixup", steps=100_000))
    for step in range(3):
        fresh.note(step, "input", plan())
    with pytest.raises(ValueError, match="plan: wy must lie in"):  # the first one of its site
        fresh.note(3, "hidden", bad)


def test_row_numbers_that_a_batch_does_not_have_are_seen(job):
    log = RunLog(job("mixup", steps=4))
    log.ends = {3}
    for step in range(3):
        log.note(step, "input", plan())
    with pytest.raises(ValueError, match=r"partner must lie in 0\.\.7, is 0 to 8"):
        log.note(3, "input", plan()._replace(partner=torch.arange(8) + (torch.arange(8) == 7)))


def test_on_a_tie_the_earlier_weights_stay(job):
    a_job = replace(job("erm", select="best_validation"), score=lambda out, y, kind: values.pop(0))
    best, values = BestCheckpoint(a_job), [0.5, 0.3, 0.3, 0.4]
    first = next(a_job.model.parameters())
    for number in range(4):
        with torch.no_grad():
            first.fill_(number)
        best.look()
    best.restore()
    assert float(first.detach().flatten()[0]) == 1.0


def test_a_job_without_a_score_cannot_select(job):
    with pytest.raises(ValueError, match="needs the job's score"):
        BestCheckpoint(replace(job("erm", select="best_validation"), score=None))
    assert BestCheckpoint(replace(job("erm"), score=None)).ends == set()


def test_the_best_is_looked_at_about_twenty_five_times_and_at_the_end(job):
    ends = BestCheckpoint(job("erm", select="best_validation", steps=1000)).ends
    assert 20 <= len(ends) <= 27
    assert 999 in ends
    assert ends <= set(curve_ends(1000))


def test_a_result_keeps_digests_of_what_it_was_made_of_and_refuses_weights_that_are_no_numbers(job):
    a_job = job("mixup")
    feed = BatchSource(a_job, task_info(a_job))
    found = fitted(feed, RunLog(a_job), BestCheckpoint(a_job), "init", 1.5, 96, "loop")
    assert found.digests["init"] == "init"
    assert found.digests["order"] == digest(feed.order)
    assert found.digests["weights"] == digest(*a_job.model.state_dict().values())
    assert (found.steps, found.rows_per_step, found.seconds) == (12, 8, 1.5)
    assert found.executor == {"kind": "loop", "block": 1}
    assert fitted(feed, RunLog(a_job), BestCheckpoint(a_job), "", 0, 96, "lockstep").executor["block"] == a_job.block
    with torch.no_grad():
        next(a_job.model.parameters()).fill_(torch.inf)
    with pytest.raises(Diverged, match="weights are infinite or NaN after 12 steps"):
        fitted(feed, RunLog(a_job), BestCheckpoint(a_job), "", 0, 96, "loop")


def test_a_plan_of_another_form_is_seen_at_its_step(job):
    """Other plans come first, so that only forms are looked at; a target's share of another form would broadcast."""
    log = RunLog(job("mixup", steps=100_000))
    for step in range(5):
        log.note(step, "input", plan())
    with pytest.raises(ValueError, match=r"wy must be \[8\], is \[8, 1\]"):
        log.note(5, "input", plan()._replace(wy=torch.ones(8, 1)))
    with pytest.raises(ValueError, match="extra must not be called as a field is"):
        log.note(6, "input", plan()._replace(extra={"wx": torch.ones(8)}))
    assert len(log._forms) == 1
