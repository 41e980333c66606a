"""Checks of plans: each catches a planted fault."""

import pytest
from support.wrong_methods import assert_caught, bodies_of, written

from mixsuite.testing.findings import problems
from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


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


def test_the_rate_of_mixing_is_told():
    (one,) = [s for s in samples() if s.name == "tabular, class"]
    (note,) = [f for f in check("mixup", [one]) if f.check == "it mixes"]
    assert note.status == "note"
    assert "of the rows are mixed" in note.seen
