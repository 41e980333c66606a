"""Mean ranks and their interval, against a slow bootstrap written apart."""

import numpy as np
import pytest
from scipy.stats import rankdata

from mixsuite.stats.ranks import mean_ranks


def made_up(tasks, seeds=8, methods=4, sample_std=1.0):
    draws = np.random.default_rng(tasks)
    return [draws.normal(size=(seeds, methods)) * sample_std + np.arange(methods) * 0.4 for _ in range(tasks)]


def slow_interval(values, over_tasks):
    draws = np.random.default_rng(99)
    found = []
    for _ in range(1_500):
        chosen = draws.integers(0, len(values), len(values)) if over_tasks else range(len(values))
        ranks = []
        for t in chosen:
            rows = draws.integers(0, len(values[t]), len(values[t]))
            ranks.append(rankdata(values[t][rows].mean(0), method="min"))
        found.append(np.mean(ranks, axis=0))
    return np.quantile(found, [0.025, 0.975], axis=0)


def test_too_few_seeds_have_no_interval():
    found = mean_ranks(made_up(6, seeds=5))
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()
    assert found.mean == pytest.approx(
        np.mean([rankdata(v.mean(0), method="min") for v in made_up(6, seeds=5)], axis=0)
    )


def test_the_interval_holds_its_estimate_under_near_ties():
    found = mean_ranks([np.array([[0.1, 0.2], [0.2, 0.1]] * 4)] * 6)
    assert (found.mean == 1).all()
    assert (found.low == 1).all()
    assert (found.high > 1.2).all()


@pytest.mark.slow
@pytest.mark.parametrize("tasks", [2, 6])
def test_the_interval_is_that_of_a_slow_bootstrap(tasks):
    values = made_up(tasks)
    found = mean_ranks(values)
    assert found.scope == ("these tasks" if tasks < 5 else "tasks and seeds")
    assert found.mean == pytest.approx(np.mean([rankdata(v.mean(0), method="min") for v in values], axis=0))
    low, high = slow_interval(values, tasks >= 5)
    assert found.low == pytest.approx(low, abs=0.51 if tasks < 5 else 0.25)
    assert found.high == pytest.approx(high, abs=0.51 if tasks < 5 else 0.25)
    assert (found.low <= found.mean + 1e-9).all()
    assert (found.mean <= found.high + 1e-9).all()


def test_methods_of_equal_values_share_the_lower_rank_in_every_resample():
    values = [np.column_stack([v, v[:, 0], v[:, 0] * (1 + 1e-15)]) for v in made_up(6)]
    found = mean_ranks(values)
    for numbers in (found.mean, found.low, found.high):
        assert numbers[4] == numbers[5] == numbers[0]


def test_seeds_are_resampled_jointly():
    """Paired by seed, a method that is always a little better is first in every resample."""
    noise = np.random.default_rng(1).normal(size=(10, 1)) * 100
    found = mean_ranks([np.hstack([noise, noise - 0.01])] * 2)
    assert found.high[1] == 1.0
    assert found.low[0] == 2.0


def test_the_same_values_give_the_same_interval():
    values = made_up(7)
    one, other = mean_ranks(values), mean_ranks([v.copy() for v in values])
    assert one.low.tobytes() == other.low.tobytes()
    assert one.high.tobytes() == other.high.tobytes()
