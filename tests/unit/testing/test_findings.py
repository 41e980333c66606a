"""What a check found, told."""

from dataclasses import replace

from mixsuite.testing.findings import Finding, grouped, problems

BAD = Finding("problem", "plan is valid", "images, class", "plan of 16 rows", "shares", "none", "mine.py, line 3")


def test_a_problem_says_what_was_tried_expected_and_seen():
    lines = str(BAD).splitlines()
    assert lines[0] == "problem plan is valid (images, class)"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["tried", "expected", "seen", "where"]
    assert len(str(replace(BAD, where="")).splitlines()) == 4
    assert str(replace(BAD, status="ok")) == "ok      plan is valid (images, class)"


def test_findings_that_say_the_same_are_one_with_all_samples():
    other = replace(BAD, sample="tabular, class", tried="plan of 7 rows")
    apart = replace(BAD, seen="something else")
    one, two = grouped([BAD, apart, other])
    assert (one.sample, one.tried) == ("images, class; tabular, class", "plan of 16 rows; plan of 7 rows")
    assert two == apart


def test_problems_are_those_that_say_that_it_is_wrong():
    assert problems([BAD, replace(BAD, status="note"), replace(BAD, status="ok")]) == [BAD]
