"""Checks of what makes a method fast: each catches a planted fault."""

import pytest
from support.wrong_methods import PLAN, assert_caught, bodies_of, written

from mixsuite.testing.findings import problems
from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


@pytest.mark.parametrize(
    ("what", "body"), bodies_of("half precision", "no host sync", "no recompile when lambda changes", "stackable")
)
def test_a_planted_fault_is_caught(tmp_path, what, body):
    assert_caught(tmp_path, what, body)


def test_what_is_declared_slow_is_not_judged(tmp_path):
    body = PLAN.replace("        n = len", "        batch.y.tolist()\n        n = len")
    path = written(tmp_path, body)
    path.write_text(path.read_text().replace('label = "matched"', 'label = "matched"\n    vectorised = False'))
    found = check(str(path), samples()[:1])
    assert problems(found) == []
    assert [f.seen for f in found if f.check == "no host sync"] == ["tolist in line 14"]


def test_a_method_that_is_not_stackable_is_not_judged():
    noted = [f for f in check("multi_mix", samples()[:1]) if f.check == "stackable"]
    assert noted
    assert {f.status for f in noted} <= {"note", "ok"}
