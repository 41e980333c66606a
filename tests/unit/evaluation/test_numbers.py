"""Numbers of plugins: plain ones are kept, everything else has a reason."""

import sys

import numpy as np
import pytest
import torch

from mixsuite.evaluation.numbers import numbers_of, plain_number


@pytest.mark.parametrize(
    "value", [2, 2.0, np.float32(2), np.int64(2), torch.tensor(2.0), torch.tensor([[2]]), True + 1]
)
def test_single_numbers_are_plain(value):
    assert numbers_of(lambda: {"a": value}, "@x") == {"metrics": {"a@x": 2.0}, "status": "ok", "reason": ""}


@pytest.mark.parametrize("value", ["2", b"2", None, [2.0], np.ones(2), torch.ones(2), 1j, 10**400])
def test_others_are_not(value):
    with pytest.raises(TypeError, match="a is no single number"):
        plain_number("a", value)
    assert numbers_of(lambda: {"a": value})["status"] == "failed"


def test_a_name_is_a_text_of_one_line():
    for name in (3, "a\nb"):
        assert "a text of one line" in numbers_of(lambda name=name: {name: 1.0})["reason"]


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 1e151])
def test_numbers_without_a_finite_square_are_none(value):
    found = numbers_of(lambda: {"a": 1.0, "b": value}, "@p")
    assert found == {"metrics": {}, "status": "failed", "reason": "not a number: b@p"}


@pytest.mark.parametrize("end", [lambda: sys.exit("enough"), lambda: 1 / 0, lambda: np.ones(2)[5]])
def test_whatever_ends_it_is_the_reason(end):
    found = numbers_of(end)
    assert (found["status"], found["metrics"]) == ("failed", {})
    assert found["reason"].startswith(("SystemExit: enough", "ZeroDivisionError", "IndexError"))
