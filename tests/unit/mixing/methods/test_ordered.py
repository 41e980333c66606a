"""multi-mix's interpolations, a step each."""

import torch

from mixsuite.mixing import Tail
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info


def test_a_held_batch_is_seen_for_so_many_steps_with_the_same_draws(job):
    a_job = job("ordered(k=3)")
    feed = BatchSource(a_job, task_info(a_job))
    assert (feed.order[0:3] == feed.order[0]).all()
    assert (feed.order[3] != feed.order[0]).any()
    seen = [feed.plan(step, feed.batch(step)[1]) for step in range(6)]
    for first in (0, 3):
        together = seen[first : first + 3]
        assert all(plan.partner.equal(together[0].partner) for plan in together)
        shares = [float(plan.wy[0]) for plan in together]
        assert shares == sorted(shares)
        assert len(set(shares)) == 3
    assert not seen[0].partner.equal(seen[3].partner)
    plain = BatchSource(job("erm"), task_info(job("erm")))
    assert (feed.order[3] == plain.order[1]).all()  # the batches are those of every other method


def test_ordered_steps_taken_at_once_are_multi_mix(job):
    ours, theirs = job("ordered(k=3)", dtype=torch.float64), job("multi_mix(k=3)", dtype=torch.float64)

    def gradient(a_job, turns):
        feed, model = BatchSource(a_job, task_info(a_job)), a_job.model
        for turn in range(turns):
            x, batch = feed.batch(turn)
            loss = step_loss(a_job.method, Tail(model), x, batch, feed.plan(turn, batch), LOSSES["class"])
            (loss / turns).backward()
        return torch.cat([weight.grad.flatten() for weight in model.parameters()])

    torch.testing.assert_close(gradient(ours, 3), gradient(theirs, 1), rtol=1e-9, atol=1e-12)
