"""One picture a claim."""

import pytest
from support.folders import BASE, NOISE, write_folder

from mixsuite.claims.conclusion import parts, with_findings
from mixsuite.claims.judge import sub_tests
from mixsuite.claims.picture import draw, title
from mixsuite.claims.study import Rule, Study
from mixsuite.results.reading import load_results

RULES = (
    Rule(method="m", against="erm", measure="log ratio", claimed=-0.2, control="c"),
    Rule(method="erm", at_most=0.3),
    Rule(method="c", against="m", gain_over="erm", as_good=True),
    Rule(method="m", against="erm", tasks="gone", claimed=-0.1),
    Rule(method="m", against="erm", relative=True, margin=1000, as_good=True),  # no share has so many digits
)
STUDY = Study(
    name="s", paper="made up (2020)", claim="m is better.", where="nowhere", sourced="recalled", how="how", ours="all",
    tests=RULES, quick={}, full={},
)  # fmt: skip


@pytest.fixture
def found(tmp_path):
    values = {name: {"erm": BASE, "m": BASE - 0.05 + NOISE[0], "c": BASE - 0.01} for name in ("t", "u")}
    results = load_results(write_folder(tmp_path / "runs", values))
    tests = with_findings(STUDY, results, sub_tests(STUDY, results, {"gone": "no data"}))
    return tests, parts(STUDY, results, tests)


@pytest.mark.slow
def test_the_same_sub_tests_give_the_same_bytes(found, tmp_path):
    for name in ("one.png", "two.png"):
        draw(STUDY, *found, "not run", tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.png", "two.png"))
    assert one.startswith(b"\x89PNG")
    assert one == two


@pytest.mark.slow
def test_a_claim_without_sub_tests_has_a_picture_all_the_same(found, tmp_path):
    draw(STUDY, [], found[1], "not run", tmp_path / "none.png")
    assert (tmp_path / "none.png").stat().st_size > 1000


def test_what_is_drawn_is_said(found):
    first = {test.rule: test for test in reversed(found[0])}
    assert [title(rule, first[place]) for place, rule in enumerate(RULES)] == [
        "m against erm: error, change of the mean",
        "erm, at most 0.3: error, mean",
        "c against m: error, share of the gain over erm that is kept",
        "m against erm: primary, difference of the means",
        "m against erm: error, change of the mean",
    ]
