"""What counts as equal."""

import pytest

from mixsuite.stats.margins import Margin
from mixsuite.stats.primary import Primary

ERROR, RMSE, AUC = Primary("error"), Primary("rmse"), Primary("auc", "higher", 1.0)


def test_the_default_is_a_twentieth_of_the_distance_from_the_optimum():
    margin = Margin.parse(None)
    assert margin == Margin.parse("5%") == Margin.parse("5.0 %")
    assert margin.of(ERROR, 0.3) == pytest.approx(0.015)
    assert margin.of(RMSE, 50.0) == pytest.approx(2.5)
    assert margin.of(AUC, 0.9) == pytest.approx(0.005)


def test_a_share_is_never_less_than_one_test_row():
    assert Margin.parse("5%").of(ERROR, 0.1, 50) == 1 / 50
    assert Margin.parse("5%").of(ERROR, 0.0, 50) == 1 / 50
    assert Margin.parse("5%").of(ERROR, 0.5, 50) == pytest.approx(0.025)
    assert Margin.parse("5%").of(RMSE, 1.0, 2) == pytest.approx(0.05)
    assert Margin.parse(0.001).of(ERROR, 0.5, 50) == 0.001


def test_a_number_is_in_error_or_else_a_share_of_the_distance():
    assert Margin.parse(0.05).of(ERROR, 0.3) == 0.05
    assert Margin.parse(0.1).of(RMSE, 50.0) == pytest.approx(5.0)
    assert Margin.parse(0.05).of(AUC, 0.9) == pytest.approx(0.005)
    assert Margin.parse(0).of(ERROR, 0.3, 50) == 0


@pytest.mark.parametrize("given", [-0.1, 1, float("nan"), float("inf"), True, "5", "x", "-5%", "100%", "5%%", ""])
def test_anything_else_is_no_margin(given):
    with pytest.raises(ValueError, match='allowed is a number from 0 to below 1, or a share as "5%"'):
        Margin.parse(given)
