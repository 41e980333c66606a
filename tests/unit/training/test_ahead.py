"""Plans drawn ahead."""

import pytest
import torch
from support.tasks import job_of

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Plan
from mixsuite.training import ahead as module
from mixsuite.training.ahead import STEPS, Drawn, PlansAhead, draws_ahead
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info


def method(text):
    return make_method(resolve_method(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("mixup", True), ("remix", True), ("multi_mix", True), ("k_mixup", False), ("saliencymix", False),
     ("recursive_mix", False), ("neighbour_mixup", True), ("token_mix", False)],
)  # fmt: skip
def test_what_looks_at_the_rows_or_remembers_is_drawn_step_by_step(text, wanted):
    assert draws_ahead(method(text)) is wanted


def plan_of(step):
    return Drawn((Plan(torch.arange(4), torch.full((4, 1, 1), step / 1000), torch.full((4,), step / 1000)),))


def on_a_device(monkeypatch, draw, steps):
    """Plans that go to a device; "moving" is noted."""
    moves = []
    monkeypatch.setattr(module, "moved_together", lambda block, device: moves.append(len(block)) or block)
    return PlansAhead(draw, steps, torch.device("cuda")), moves


def test_a_block_of_steps_is_drawn_in_order_and_moved_together(monkeypatch):
    drawn = []
    plans, moves = on_a_device(monkeypatch, lambda step: drawn.append(step) or plan_of(step), 150)
    for step in range(150):
        (plan,) = plans.at(step).plans
        assert float(plan.wy[0]) == pytest.approx(step / 1000)
        assert len(drawn) == min(150, (step // STEPS + 1) * STEPS)
    assert drawn == list(range(150))
    assert moves == [STEPS, STEPS, 150 - 2 * STEPS]


def test_a_block_of_large_plans_ends_early(monkeypatch):
    monkeypatch.setattr(module, "_VALUES", 25)  # a plan has 12 numbers
    plans, moves = on_a_device(monkeypatch, plan_of, 10)
    assert [float(plans.at(step).plans[0].wy[0]) for step in range(10)] == pytest.approx([s / 1000 for s in range(10)])
    assert moves == [3, 3, 3, 1]


def test_steps_at_which_a_method_is_inactive_have_no_plan(monkeypatch):
    plans, _ = on_a_device(monkeypatch, lambda step: None if step % 2 else plan_of(step), 6)
    assert [plans.at(step) is None for step in range(6)] == [False, True] * 3


def test_on_the_host_each_step_is_drawn_when_it_comes():
    drawn = []
    plans = PlansAhead(lambda step: drawn.append(step), 5, torch.device("cpu"))
    plans.at(0)
    assert drawn == [0]


@pytest.mark.parametrize("text", ["mixup(lam=row)", "remix", "mixup_without_hesitation", "ordered", "same_class"])
def test_a_plan_drawn_ahead_is_the_steps_own(text):
    """Targets, rows, progress and numbers of the step are those that the training sees there."""
    job = job_of("wine(rows=24, test=0.6)", text)
    feed, other = BatchSource(job, task_info(job)), BatchSource(job, task_info(job))
    for step in (0, 1, 5, 70):
        _, batch = other.batch(step)
        drawn, _ = feed.draw_ahead(step)
        (ahead,), now = drawn.plans, other.plan(step, batch)
        assert drawn.more is None
        for name, tensor in now.tensors().items():
            assert (tensor is None) == (ahead.tensors()[name] is None)
            assert tensor is None or torch.equal(tensor, ahead.tensors()[name]), name


def test_rows_from_outside_the_batch_are_drawn_ahead_too():
    """Step by step: the same numbers, rows and plan."""
    job = job_of("wine(rows=24, test=0.6)", "neighbour_mixup")
    feed, other = BatchSource(job, task_info(job)), BatchSource(job, task_info(job))
    for step in (0, 3, 50):
        drawn, seen = feed.draw_ahead(step)
        x, batch = other.with_more(step, *other.batch(step))
        assert torch.equal(torch.cat([feed.rows[step], drawn.more]), batch.rows)
        assert torch.equal(seen.y, batch.y)
        assert (seen.size, batch.size) == (16, 16)
        now = other.plan(step, batch)
        assert torch.equal(drawn.plans[0].partner, now.partner)
        assert torch.equal(drawn.plans[0].own, now.own)
        opened, again = feed.opened(step, feed.inputs(step, drawn))
        assert torch.equal(opened, x)
        assert (again.size, len(again.y)) == (16, len(batch.y))
