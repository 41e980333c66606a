"""One picture a claim."""

import pytest

from mixsuite.claims import picture
from mixsuite.claims.judge import SubTest
from mixsuite.claims.picture import draw
from mixsuite.claims.study import load_study

TESTS = [
    SubTest("t", "error", "m", "erm", "better", -0.1, -0.2, -0.05, 10, "c", -0.02),
    SubTest("u", "error", "m", "erm, at most 0", "worse", 0.1, -0.2, 0.3, 10, bound=0.0),
    SubTest("t", "nll", "m", "erm", "not run: no data"),
]


@pytest.mark.slow
def test_the_same_sub_tests_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        draw(load_study("cost"), TESTS, "holds in part", tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.png", "two.png"))
    assert one.startswith(b"\x89PNG")
    assert one == two


@pytest.mark.parametrize(("test", "words"), [*zip(TESTS, ["better", "missed", "not run"], strict=True)])
def test_a_bound_is_met_or_missed_and_a_reason_is_left_out(test, words):
    assert picture._outcome(test) == words


def test_what_is_drawn_is_said():
    assert picture._what(TESTS[:1]) == "difference, 95 % interval; x: c"
    assert picture._what(TESTS[:2]).startswith("difference, 95 % interval; difference, least to largest of the seeds")
    assert picture._label(TESTS[0]) == "t\nm against erm"
