"""Checks of what makes a method fast: each catches a planted fault."""

import pytest
from support.wrong_methods import FAULTS, PLAN, assert_caught, assert_judged, bodies_of, written

from mixsuite.testing import device_checks
from mixsuite.testing.findings import problems
from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (device_checks.half_precision, "half precision"),
        (device_checks.no_host_sync, "no host sync"),
        (device_checks.stacks, "stackable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_check_passes_what_is_right_and_finds_a_fault(tmp_path, function, what):
    assert_judged(tmp_path, function, what, FAULTS[what][0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "body"), bodies_of("half precision", "no host sync", "no recompile when lambda changes", "stackable")
)
def test_a_planted_fault_is_caught(tmp_path, what, body):
    assert_caught(tmp_path, what, body)


@pytest.mark.slow
def test_what_is_declared_slow_is_not_judged(tmp_path):
    body = PLAN.replace("        n = len", "        batch.y.tolist()\n        n = len")
    path = written(tmp_path, body)
    path.write_text(path.read_text().replace('label = "matched"', 'label = "matched"\n    vectorised = False'))
    found = check(str(path), samples()[:1])
    assert problems(found) == []
    assert [f.seen for f in found if f.check == "no host sync"] == ["tolist in line 14"]


@pytest.mark.slow
def test_a_method_that_is_not_stackable_is_not_judged():
    noted = [f for f in check("multi_mix", samples()[:1]) if f.check == "stackable"]
    assert noted
    assert {f.status for f in noted} <= {"note", "ok"}
