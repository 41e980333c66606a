"""The forms of targets."""

import pytest
import torch

from mixsuite.mixing import class_shares, hard_labels
from mixsuite.mixing.targets import count_classes

SOFT = torch.tensor([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]])


def test_class_numbers_stay_and_of_soft_targets_the_largest_counts():
    y = torch.tensor([2, 0, 1])
    assert hard_labels(y) is y
    assert hard_labels(SOFT).tolist() == [1, 0]


def test_shares_are_rows_of_zeros_with_a_one_or_what_was_given():
    assert class_shares(torch.tensor([2, 0]), 4, torch.float64).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert class_shares(torch.tensor([2, 0]), 4, torch.float64).dtype == torch.float64
    torch.testing.assert_close(class_shares(SOFT, 3, torch.float64), SOFT.double())


@pytest.mark.parametrize(
    ("y", "count"),
    [(torch.tensor([0, 4, 1]), 5), (SOFT, 3), (torch.zeros(5, 1), 1), (torch.tensor([0.5, 7.0]), 1)],
)
def test_classes_are_counted_by_what_targets_show(y, count):
    assert count_classes(y) == count
