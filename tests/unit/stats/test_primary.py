"""The primary metric's direction and unit."""

import pytest

from mixsuite.stats.primary import Primary


def test_the_sign_turns_a_difference_so_that_less_is_better():
    assert Primary("error").sign == 1
    assert Primary("auc", "higher", 1.0).sign == -1


def test_effects_are_in_error_or_in_the_references_distance_from_the_optimum():
    assert Primary("error").unit(0.3) == 1
    assert Primary("rmse").unit(50) == 50
    assert Primary("auc", "higher", 1.0).unit(0.8) == pytest.approx(0.2)


@pytest.mark.parametrize("facts", [("up", 1.0), ("higher", float("nan")), ("lower", float("inf"))])
def test_other_facts_are_refused(facts):
    with pytest.raises(ValueError, match="better is 'lower' or 'higher', and the optimum is a number"):
        Primary("x", *facts)
