"""What counts as equal."""

import pytest

from mixsuite.stats.margins import ERROR_MARGIN, SHARE_MARGIN, is_within, margin_of
from mixsuite.stats.primary import Primary

ERROR, RMSE, AUC = Primary("error"), Primary("rmse"), Primary("auc", "higher", 1.0)


def test_the_margin_of_an_error_is_in_error_and_that_of_others_a_share_of_the_distance_from_the_optimum():
    assert margin_of(ERROR, 0.3, None) == ERROR_MARGIN == 0.01
    assert margin_of(ERROR, 0.3, 0.05) == 0.05
    assert margin_of(RMSE, 50.0, None) == pytest.approx(50.0 * SHARE_MARGIN)
    assert margin_of(RMSE, 50.0, 0.1) == pytest.approx(5.0)
    assert margin_of(AUC, 0.9, None) == pytest.approx(0.1 * SHARE_MARGIN)
    assert margin_of(AUC, 0.9, 0.05) == pytest.approx(0.005)
    assert SHARE_MARGIN == 0.02


@pytest.mark.parametrize(
    ("metric", "effect", "given", "within"),
    [
        (ERROR, 0.01, None, True),
        (ERROR, 0.0101, None, False),
        (RMSE, 0.02, None, True),
        (RMSE, 0.0201, None, False),
        (RMSE, 0.05, 0.05, True),
        (AUC, 0.02, None, True),
        (AUC, 0.0201, None, False),
        (ERROR, 0.0, 0.0, True),
        (ERROR, 1e-9, 0.0, False),
    ],
)
def test_an_effect_at_the_margin_is_within_it(metric, effect, given, within):
    assert is_within(metric, effect, given) == within
