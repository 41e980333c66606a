"""What goes into an executor: rows and steps of a job, and what its method is told."""

import pytest
import torch

from mixsuite.errors import SkipRun
from mixsuite.training.job import check_applies, task_info, train_info


@pytest.mark.parametrize(
    ("method", "batch", "steps"), [("mixup", 8, 12), ("mixup(batch=3)", 24, 12), ("mixup(length=4)", 8, 48)]
)
def test_a_job_is_as_long_and_wide_as_its_recipe_times_its_method(job, method, batch, steps):
    a_job = job(method)
    assert (a_job.batch, a_job.steps) == (batch, steps)


def test_epochs_are_counted_in_training_rows(job):
    a_job = job("erm", steps=None, epochs=2.0)
    assert a_job.steps == -(-2 * len(a_job.data.train) // 8)


def test_what_a_method_may_know_of_its_task(job):
    a_job = job("mixup(batch=2)", domain="images")
    info = task_info(a_job)
    assert info.sites == {"input": (1, 6, 6), "hidden": (4, 6, 6), "embedding": (8,)}
    assert (info.domain, info.kind, info.classes) == ("images", "class", 2)
    assert (info.batch, info.rows) == (16, len(a_job.data.train))


def test_what_a_method_may_know_of_the_training_part(job):
    a_job = job("mixup")
    x = torch.randn(len(a_job.data.train), 3)
    info = train_info(a_job, x)
    assert info.x is x
    assert info.y is a_job.data.train.y
    assert (info.rows, info.classes, info.kind, info.groups) == (34, 2, "class", (0, 1, 2))


def test_a_method_that_does_not_apply_ends_the_run_with_a_reason(job):
    for text, said in (
        ("cutmix", "made for images, speech, not for tabular"),
        ("mixup(site=map)", "no site 'map' here"),
    ):
        with pytest.raises(SkipRun, match=said):
            check_applies(job(text), task_info(job(text)))
    check_applies(job("mixup"), task_info(job("mixup")))
