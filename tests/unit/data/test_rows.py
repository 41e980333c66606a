"""Rows as values."""

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite.data.digest import digest
from mixsuite.data.rows import Data, Raw, Subset


def test_some_rows_of_what_was_read_keep_everything_that_is_theirs():
    x, y = np.arange(12).reshape(6, 2), np.arange(6)
    raw = Raw(x, y, split_id=y % 3, weight=y / 10, rate=8000)
    rows = np.array([4, 1])
    some = raw.take(rows)
    assert some.x.tolist() == [[8, 9], [2, 3]]
    assert (some.y.tolist(), some.split_id.tolist(), some.weight.tolist(), some.rate) == (
        [4, 1],
        [1, 1],
        [0.4, 0.1],
        8000,
    )
    bare = Raw(pd.DataFrame({"a": y}, index=y + 10), y).take(rows)
    assert bare.x["a"].tolist() == [4, 1]
    assert bare.split_id is None
    assert bare.weight is None


@pytest.mark.parametrize("field", ["x", "y", "split_id", "weight", "rate"])
def test_the_digest_is_of_everything_that_was_read(field):
    values = {"x": np.zeros((4, 2)), "y": np.arange(4), "split_id": np.zeros(4), "weight": np.ones(4), "rate": 8000}
    raw = Raw(**values)
    assert raw.digest == Raw(**values).digest == digest(*values.values())
    other = values | {field: 1 if field == "rate" else values[field] + 1}
    assert Raw(**other).digest != raw.digest


def test_a_part_is_as_long_as_its_targets_and_predictions_are_scaled_back():
    part = Subset(torch.zeros(5, 2), torch.zeros(5, 3))
    assert len(part) == 5
    mean, std = torch.tensor([1.0, -2.0]), torch.tensor([2.0, 0.5])
    data = Data(part, part, part, "regression", 2, target_mean=mean, target_std=std)
    assert data.unscaled(torch.tensor([[0.0, 0.0], [1.0, 2.0]])).tolist() == [[1.0, -2.0], [3.0, -1.0]]
    with pytest.raises(AssertionError):
        Data(part, part, part, "class", 2).unscaled(torch.zeros(1, 2))
