"""What counts as equal."""

import pytest

from mixsuite.stats.margins import ERROR_MARGIN, RMSE_MARGIN, is_within, margin_of


def test_the_margin_of_an_error_is_in_error_and_that_of_an_rmse_a_share_of_the_reference():
    assert margin_of("error", 0.3, None) == ERROR_MARGIN == 0.01
    assert margin_of("error", 0.3, 0.05) == 0.05
    assert margin_of("rmse", 50.0, None) == pytest.approx(50.0 * RMSE_MARGIN)
    assert margin_of("rmse", 50.0, 0.1) == pytest.approx(5.0)
    assert RMSE_MARGIN == 0.02


@pytest.mark.parametrize(
    ("metric", "share", "given", "within"),
    [
        ("error", 0.01, None, True),
        ("error", 0.0101, None, False),
        ("rmse", 0.02, None, True),
        ("rmse", 0.0201, None, False),
        ("rmse", 0.05, 0.05, True),
        ("error", 0.0, 0.0, True),
        ("error", 1e-9, 0.0, False),
    ],
)
def test_an_effect_at_the_margin_is_within_it(metric, share, given, within):
    assert is_within(metric, share, given) == within
