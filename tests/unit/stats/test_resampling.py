"""Resampled seeds and tasks."""

import numpy as np
import pytest

from mixsuite.stats.resampling import RESAMPLES, fixed_stream, resampled_tasks, seed_counts


def test_seeds_are_drawn_with_replacement_and_equally_often():
    counts = seed_counts(7, fixed_stream())
    assert counts.shape == (RESAMPLES, 7)
    assert (counts.sum(1) == 7).all()
    assert counts.mean(0) == pytest.approx(np.ones(7), abs=0.1)
    assert counts.var(0) == pytest.approx(np.full(7, 6 / 7), rel=0.15)
    assert (counts == seed_counts(7, fixed_stream())).all()


def test_a_task_that_is_drawn_twice_has_other_seeds():
    values = np.array([np.full((RESAMPLES, 1), 100.0 * task) for task in range(3)])
    values += np.arange(RESAMPLES)[None, :, None] / RESAMPLES
    drawn = np.array(list(resampled_tasks(values, fixed_stream())))
    assert drawn.shape == values.shape
    tasks, seeds = np.divmod(drawn[..., 0], 100)
    assert [np.mean(tasks == t) for t in range(3)] == pytest.approx([1 / 3] * 3, abs=0.03)
    assert (seeds[0] != seeds[1]).mean() > 0.99
