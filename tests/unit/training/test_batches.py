"""What each step sees, drawn in advance."""

import numpy as np
import pytest
import torch
from support.clips import clip_job, clips
from support.tasks import job_of

from mixsuite.data.state import take_rows
from mixsuite.domains.augmentation import Augmenter
from mixsuite.errors import InputError
from mixsuite.mixing.rng import Rng, batch_order, uniforms
from mixsuite.mixing.sites import drawable_sites, random_sites
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info


def source(job):
    return BatchSource(job, task_info(job))


def test_rows_are_those_of_the_order_and_targets_follow(job):
    a_job = job("mixup")
    feed = source(a_job)
    np.testing.assert_array_equal(feed.order, batch_order(0, len(a_job.data.train), 8, 12))
    for step in range(12):
        x, batch = feed.batch(step)
        assert torch.equal(x, a_job.data.train.x[feed.rows[step]])
        assert torch.equal(batch.y, a_job.data.train.y[feed.rows[step]])
        assert batch.shape == (3,)
        assert float(batch.progress) == pytest.approx(step / 12)
        assert batch.x is None
        assert batch.row_weight is None
        assert (batch.runs, batch.repeat_index) == (1, 0)


def test_a_site_drawn_each_step_leaves_out_nothing_but_waves(job):
    names = drawable_sites({"wave": 0, "input": 1, "hidden": 2, "embedding": 3})
    drawn = random_sites(0, names, 0, 200)
    assert set(drawn) == {"input", "hidden", "embedding"}
    assert drawn == random_sites(0, names, 0, 200)
    feed = source(job("mixup(site=random)", steps=200))
    assert feed.sites == drawn
    assert set(source(job("mixup(site=hidden)")).sites) == {"hidden"}
    shapes = {"input": (3,), "hidden": (8,), "embedding": (8,)}
    assert all(feed.batch(step)[1].shape == shapes[feed.sites[step]] for step in range(5))


def test_the_plan_is_the_methods_with_the_steps_draws(job):
    feed = source(job("mixup(lam=row)"))
    for step in (0, 7):
        plan, rng = feed.plan(step, feed.batch(step)[1]), Rng(0, 8).at(step)
        assert torch.equal(plan.wy, rng.beta(1.0, 1.0, 8))
        assert torch.equal(plan.partner, rng.permutation(8))


def test_a_method_that_asks_for_it_is_shown_the_rows_and_the_training_part(job):
    looks = source(job("saliencymix", domain="images"))
    x, batch = looks.batch(3)
    assert batch.x is x
    counts = source(job("remix")).stats["counts"]
    assert counts.tolist() == torch.bincount(job("remix").data.train.y).tolist()


def test_augmentation_is_drawn_for_each_step_from_streams_of_its_own(job):
    a_job = job("mixup", domain="images", augment="crop+flip")
    feed, own = source(a_job), Augmenter(a_job.augment, a_job.data, 0)
    for step in (0, 5):
        rows = take_rows(a_job.data.train.x, feed.rows[step])
        assert torch.equal(feed.batch(step)[0], own(rows, step))
        assert not torch.equal(feed.batch(step)[0], rows)
        flipped = uniforms(0, "augment/flip", step, 1, 8)[0] < 0.5
        one = source(job("mixup", domain="images", augment="flip")).batch(step)[0]
        assert torch.equal(one, torch.where(torch.from_numpy(flipped)[:, None, None, None], rows.flip(-1), rows))


def test_stages_without_weights_are_run_once_where_nothing_random_comes_before():
    raw = clips([1600, 2000, 1800, 1700] * 9, channels=1, rate=8000)
    known, waves, drawn = (source(clip_job(text, raw)) for text in ("mixup", "mixup(site=wave)", "manifold_mixup"))
    assert (known.first_stage, waves.first_stage, drawn.first_stage) == (1, 0, 1)
    model = known.job.model.eval()
    x, mask = known.batch(2)[0]
    wanted, valid = model(take_rows(known.job.data.train.x, known.rows[2]), 0, 1)
    torch.testing.assert_close(x, wanted)
    assert torch.equal(mask, valid)
    assert waves.batch(2)[0][0].shape == (4, 1, 2000)


def test_weights_of_rows_come_with_them():
    from dataclasses import replace

    from mixsuite.data.rows import Subset

    plain = job_of("iris(rows=20)", "mixup", steps=4)
    part = plain.data.train
    weight = torch.arange(len(part), dtype=torch.float64)
    feed = source(replace(plain, data=replace(plain.data, train=Subset(part.x, part.y, weight))))
    assert feed.batch(2)[1].row_weight.tolist() == feed.order[2].tolist()


def test_repeated_batches_share_rows_and_augmentation_and_are_told_apart(job):
    feed = source(job("ordered(k=3)", domain="images", augment="flip"))
    assert [feed.batch(step)[1].repeat_index for step in range(7)] == [0, 1, 2, 0, 1, 2, 0]
    assert torch.equal(feed.batch(3)[0], feed.batch(5)[0])
    assert not torch.equal(feed.augmented(3, feed.x[:8]), feed.augmented(2, feed.x[:8]))
    assert feed.order.shape == (12, 8)


def test_a_batch_larger_than_the_training_part_is_refused(job):
    with pytest.raises(InputError, match=r"recipe's batch=64: the task has 34 training rows"):
        source(job("erm", batch=64))
