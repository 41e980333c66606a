"""Methods across tasks, against scipy, slow bootstraps and the display's own meaning."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mixsuite.stats import across
from mixsuite.stats.across import (
    TaskValues,
    _percentiles,
    groups,
    improvement,
    interquartile_mean,
    log_distances,
    log_ratios,
    wilcoxon,
    wins,
)


def made_up(clusters, seeds=10, effects=(0.0, -0.1, 0.05), spread=0.05, noise=0.05, purpose=0):
    draws = np.random.default_rng(purpose)
    effects = np.array(effects)
    tasks = []
    for k in range(clusters):
        own = np.exp(effects + spread * draws.normal(size=len(effects)) * (effects != 0))
        values = 0.2 * own * (1 + noise * draws.normal(size=(seeds, len(effects))))
        tasks.append(TaskValues(values, 0.5 / 300, f"set{k}"))
    return tasks


def test_the_interquartile_mean_is_scipys_where_quarters_are_whole():
    values = np.random.default_rng(0).normal(size=(12, 4))
    assert interquartile_mean(values) == pytest.approx(stats.trim_mean(values, 0.25))
    for n in (1, 2, 3, 5, 6, 7):  # four copies of each value have whole quarters, and the same middle half
        assert interquartile_mean(values[:n]) == pytest.approx(stats.trim_mean(np.repeat(values[:n], 4, axis=0), 0.25))


def test_estimates_by_hand():
    tasks = made_up(8)
    ratios = [np.log((t.values.mean(0) + t.half) / (t.values[:, 0].mean() + t.half)) for t in tasks]
    assert log_ratios(tasks, 0).value == pytest.approx(stats.trim_mean(np.array(ratios), 0.25))
    shares = [[np.mean(t.values[:, m] < t.values[:, 0]) for m in (1, 2)] for t in tasks]
    assert improvement(tasks, 0).value == pytest.approx([0.5, *np.mean(shares, axis=0)])


def test_tasks_of_one_data_set_count_once():
    tasks = made_up(4)
    doubled = [*tasks, *[TaskValues(tasks[0].values, tasks[0].half, "set0")] * 3]
    for estimate in (log_ratios, improvement):
        one, other = estimate(tasks, 0), estimate(doubled, 0)
        assert other.value == pytest.approx(one.value)
        # Tasks of one data set keep their seeds together, so that copies make no interval narrower.
        assert other.low == pytest.approx(one.low)
        assert np.isnan(other.low_like).all()


def test_the_references_own_numbers_are_no_difference():
    for estimate, nothing in ((log_ratios, 0.0), (improvement, 0.5)):
        found = estimate(made_up(6), 1)
        numbers = [found.value[1], found.low[1], found.high[1], found.low_like[1], found.high_like[1]]
        assert numbers == pytest.approx([nothing] * 5)


def slow(tasks, statistic, like, purpose=1):
    draws = np.random.default_rng(purpose)
    found = []
    for _ in range(3_000):
        chosen = draws.integers(0, len(tasks), len(tasks)) if like else range(len(tasks))
        values = []
        for k in chosen:
            v = tasks[k].values
            values.append(v[draws.integers(0, len(v), len(v))])
        found.append(statistic(values))
    n, degrees = (len(tasks), len(tasks) - 1) if like else (10, 9 * len(tasks) / 2)
    tail = stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf(0.975, degrees))
    return np.quantile(found, [tail, 1 - tail])


def middle(values):
    return stats.trim_mean([np.log((v[:, 1].mean() + 0.5 / 300) / (v[:, 0].mean() + 0.5 / 300)) for v in values], 0.25)


@pytest.mark.parametrize("like", [False, True])
def test_the_interval_is_that_of_a_slow_bootstrap(like):
    tasks = made_up(8)
    found = log_ratios(tasks, 0)
    low, high = (found.low_like, found.high_like) if like else (found.low, found.high)
    width = high[1] - low[1]
    assert [low[1], high[1]] == pytest.approx(slow(tasks, middle, like), abs=0.15 * width)


def test_percentiles_are_further_out_by_students_quantile_and_the_bootstraps_spread():
    bootstrap = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)[:, None] * np.sqrt(
        7 / 8
    )  # of 8 values, deviation 1
    assert np.concatenate(_percentiles(bootstrap, np.zeros(1), 8, 5)) == pytest.approx(
        stats.t.interval(0.95, 5), rel=1e-3
    )
    assert _percentiles(bootstrap, np.array([9.0]), 8, 5)[1] == 9.0


def test_seeds_of_half_the_clusters_make_the_degrees_of_freedom(monkeypatch):
    asked = []
    monkeypatch.setattr(
        across, "_percentiles", lambda resampled, value, n, degrees: asked.append((n, degrees)) or (value, value)
    )
    for clusters in (1, 4, 8):
        improvement(made_up(clusters), 0)
    assert asked == [(10, 9), (10, 18), (10, 36), (8, 7)]


def test_where_every_seed_agrees_the_probability_still_has_an_interval():
    found = improvement(made_up(2, effects=(0.0, -0.5), spread=0.0), 0)
    assert found.value[1] == found.high[1] == 1
    assert 0.7 < found.low[1] < 0.97


def test_ties_count_half_and_rounding_is_a_tie():
    values = np.array([[0.3, 0.1 + 0.2], [0.3, 0.2], [0.3, 0.4]])
    assert wins(values, 0)[:, 1].tolist() == [0.5, 1.0, 0.0]


def test_too_few_seeds_or_clusters_have_no_interval():
    few = log_ratios(made_up(6, seeds=5), 0)
    assert np.isnan([few.low, few.high, few.low_like, few.high_like]).all()
    four = improvement(made_up(4), 0)
    assert np.isfinite([four.low, four.high]).all()
    assert np.isnan([four.low_like, four.high_like]).all()


def test_a_perfect_score_has_a_logarithm():
    assert log_distances(np.array([0.0, 0.2]), 0.0) == pytest.approx(np.log([0.0002, 0.2]))
    assert log_distances(np.zeros(3), 0.0).tolist() == [0, 0, 0]
    assert log_distances(np.zeros(2), 0.01) == pytest.approx(np.log([0.01, 0.01]))


def test_the_same_values_give_the_same_interval():
    one, other = log_ratios(made_up(7), 0), log_ratios(made_up(7), 0)
    assert one.low_like.tobytes() == other.low_like.tobytes()


@given(st.lists(st.integers(-40, 40).filter(bool), min_size=6, max_size=12, unique_by=abs))
def test_wilcoxon_is_scipys_exact_one(values):
    d = np.array(values) / 100
    assert float(wilcoxon(d[None])[0]) == pytest.approx(stats.wilcoxon(d, method="exact").pvalue)


def test_wilcoxon_with_ties_and_zeros_is_scipys_count_of_all_signs():
    d = np.array([0.1, -0.1, 0.3 - 0.2, 0.0, 0.4, 0.4, -0.2, 0.7, -0.8, 0.0, 0.0, 0.9])
    nonzero = np.round(d[d != 0], 9)
    ranks = np.sign(nonzero) * stats.rankdata(np.abs(nonzero))
    wanted = stats.permutation_test((ranks,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert float(wilcoxon(d[None])[0]) == pytest.approx(wanted.pvalue)


@pytest.mark.parametrize("purpose", [0, 2, 3, 4, 5])
def test_groups_share_a_letter_where_the_adjusted_pair_is_not_significant(purpose):
    tasks = made_up(14, effects=(0.3, -0.06, 0.0001, -0.1, 0.05), spread=0.05, purpose=purpose)
    found = groups(tasks)
    logs = np.array([np.log(t.values.mean(0) + t.half) for t in tasks])
    assert found[int(np.argmin(logs.mean(0)))][0] == "a"
    pairs = list(combinations(range(5), 2))
    p = multipletests([stats.wilcoxon(logs[:, a] - logs[:, b]).pvalue for a, b in pairs], method="holm")[1]
    assert {bool(set(found[a]) & set(found[b])) for a, b in pairs} == {True, False}
    for (a, b), adjusted in zip(pairs, p, strict=True):
        assert bool(set(found[a]) & set(found[b])) == (adjusted >= 0.05)


def test_too_few_clusters_tell_no_pair_apart():
    effects = (0.0, -1.0)
    assert groups(made_up(5, effects=effects)) == ["", ""]
    assert groups(made_up(6, effects=effects)) == ["b", "a"]
    assert groups(made_up(6, effects=(0.0, -1.0, 1.0))) == ["", "", ""]
    assert groups(made_up(9, effects=(0.0,))) == [""]
