"""Checks of plans: each catches a planted fault."""

import pytest
from support.wrong_methods import FAULTS, assert_caught, assert_judged, bodies_of, written

from mixsuite.testing import plan_checks
from mixsuite.testing.findings import problems
from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (plan_checks.plans_are_valid, "plan is valid"),
        (plan_checks.objective_is_a_number, "objective is a number"),
        (plan_checks.ones_change_nothing, "shares of 1 change nothing"),
        (plan_checks.mixes_the_rows_it_names, "mixes the rows it names"),
        (plan_checks.shares_agree, "target follows the signal"),
        (plan_checks.shares_agree, "target is the own row's"),
        (plan_checks.rate_of_mixing, "it mixes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_check_passes_what_is_right_and_finds_a_fault(tmp_path, function, what):
    body = FAULTS[what][0].replace("batch.y) / 0", "batch.y).mean() / 0")  # for the objective's: a scalar, but infinite
    assert_judged(tmp_path, function, what, body)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "body"),
    bodies_of(
        "plan is valid",
        "plans are valid",
        "objective is a number",
        "shares of 1 change nothing",
        "mixes the rows it names",
        "target follows the signal",
        "target is the own row's",
        "it mixes",
    ),
)
def test_a_planted_fault_is_caught(tmp_path, what, body):
    assert_caught(tmp_path, what, body)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("        return None\n", "plan() must return a Plan of tensors, returned None"),
        ("        return 1, 2\n", "plan() must return a Plan of tensors, returned a tuple"),
        ("        return Plan(batch.x, 1, 1)\n", "needs_x = True"),
        (
            "        n = len(batch.y)\n        lam = (2 * batch.progress).expand(n)\n"
            "        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n",
            "at progress 0.52",
        ),
    ],
)
def test_a_plan_that_is_none_is_named(tmp_path, body, seen):
    found = problems(check(str(written(tmp_path, body)), samples()[:1]))
    assert len(found) == 1
    assert seen in found[0].seen or seen == "needs_x = True"


@pytest.mark.slow
def test_the_rate_of_mixing_is_told():
    (one,) = [s for s in samples() if s.name == "tabular, class"]
    (note,) = [f for f in check("mixup", [one]) if f.check == "it mixes"]
    assert note.status == "note"
    assert "of the rows are mixed" in note.seen
