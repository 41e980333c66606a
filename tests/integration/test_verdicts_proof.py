"""A faster part of `make proofs`: false verdicts, coverage, power and ties from 1,000 simulated tables each, and
the twins of the A/A test on real runs. Draws are fixed, so that these tests come out the same everywhere."""

from math import sqrt
from pathlib import Path

import pytest
import torch
from scipy import stats
from support.proofs import load_proof

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Batch
from mixsuite.mixing.rng import Rng
from mixsuite.stats.paired import effect_factor
from mixsuite.training.loop import train

TWIN = Path(__file__).parents[2] / "benchmarks" / "proofs" / "twin.py"
TABLES = 1_000


@pytest.fixture(scope="module")
def proof():
    return load_proof("verdicts")


def error(rate, tables=TABLES):
    return sqrt(rate * (1 - rate) / tables)


LAWS = ["normal", "heavy-tailed (t, 3 degrees)", "skewed (exponential)", "normal, rounded to 1/54"]


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_at_most_five_in_a_hundred_tables_have_a_false_verdict(proof, law):
    d = proof.null_tables(proof.LAWS[law], TABLES, 10, 7, purpose=1)
    found = proof.null_rates(d)
    assert found.tables == TABLES
    assert found.any <= 0.05 + 2 * error(0.05)
    assert found.coverage > 0.93
    if law == "normal":
        assert 0.93 <= found.coverage <= 0.97
        assert found.any > 0.02  # the test is not honest by never speaking


def test_a_rule_without_correction_would_be_caught(proof):
    """The same tables judged by uncorrected t-tests: the proof can fail."""
    d = proof.null_tables(proof.LAWS["normal"], TABLES, 10, 7, purpose=1)
    p = stats.ttest_1samp(d, 0, axis=2).pvalue
    assert float((p < 0.05).any(1).mean()) > 0.15


@pytest.mark.slow
def test_one_sided_skew_is_beyond_the_limit(proof):
    d = (proof.stream(1).standard_exponential((TABLES, 7, 10)) - 1) * proof.SD
    assert proof.null_rates(d).any > 0.1


@pytest.mark.slow
def test_a_difference_of_two_deviations_is_found_in_nine_of_ten_tables(proof):
    assert proof.found_rate(10, 7, 2.0, TABLES, purpose=2) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m"), [(10, 1), (10, 7), (12, 14)])
def test_the_least_effect_is_found_in_eight_of_ten_tables(proof, n, m):
    assert proof.found_rate(n, m, effect_factor(n, m), TABLES, purpose=3) == pytest.approx(0.8, abs=3.5 * error(0.8))


@pytest.mark.slow
@pytest.mark.parametrize(("n", "margin", "true"), [(10, 1.0, 0.0), (10, 1.0, 0.5), (20, 0.5, 0.5)])
def test_ties_come_as_often_as_theory_says(proof, n, margin, true):
    wanted = proof.tie_theory(n, margin, true)
    assert proof.tie_rate(n, margin, true, TABLES, purpose=4) == pytest.approx(wanted, abs=3.5 * error(wanted))


def test_twins_are_mixup_from_other_draws(job):
    """A twin shares mixup's split, weights and order, and draws partners and lambdas of its own."""
    digests = [train(job(m, lr=0.1)).digests for m in ("mixup", f"{TWIN}(copy=1)", f"{TWIN}(copy=2)")]
    for stage in ("init", "order"):
        assert len({d[stage] for d in digests}) == 1
    assert len({d["plan"] for d in digests}) == 3
    # Beta(1, 1) is uniform, and every row has a partner, as in mixup.
    made = make_method(resolve_method(f"{TWIN}(copy=1)"))
    rng = Rng(0, 64)
    plans = [made.plan(Batch(torch.zeros(64), (3,), torch.tensor(0.0), {}), rng.at(step)) for step in range(500)]
    assert stats.kstest([float(plan.wy[0]) for plan in plans], "uniform").pvalue > 0.01
    assert all(len(plan.partner.unique()) == 64 for plan in plans)
