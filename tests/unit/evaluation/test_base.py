"""The contract of probes, and what they share."""

from dataclasses import dataclass

import pytest
import torch

from mixsuite.evaluation import Measurement, free, replace_first, spread, value_range
from mixsuite.evaluation.base import Probe

CLIP = torch.tensor([[[1.0, 3.0, 9.0], [0.0, 2.0, 9.0]], [[5.0, 9.0, 9.0], [4.0, 9.0, 9.0]]])
MASK = torch.tensor([[[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]])


def test_another_first_leaf_leaves_the_others():
    new = torch.zeros(2, 2, 3)
    assert replace_first(CLIP, new) is new
    first, mask = replace_first((CLIP, MASK), new)
    assert first is new
    assert mask is MASK


def test_a_disturbance_acts_where_there_are_numbers_and_frames():
    assert float(free(CLIP, ())) == 1.0
    assert torch.equal(free((CLIP, MASK), ()), MASK)
    assert free(torch.zeros(2, 3, dtype=torch.float64), (True, False, True)).tolist() == [1.0, 0.0, 1.0]
    assert free(torch.zeros(2, 3, dtype=torch.float64), (True,)).dtype == torch.float64


def test_the_spread_is_each_channels_over_its_real_frames():
    found = spread((CLIP, MASK))
    assert found.shape == (1, 2, 1)
    wanted = [torch.tensor([1.0, 3.0, 5.0]).std(correction=0), torch.tensor([0.0, 2.0, 4.0]).std(correction=0)]
    torch.testing.assert_close(found.flatten(), torch.stack(wanted))
    x = torch.randn(50, 3, 4, 4)
    torch.testing.assert_close(spread(x).flatten(), x.transpose(0, 1).flatten(1).std(1, correction=0))
    table = torch.randn(50, 3)
    torch.testing.assert_close(spread(table)[0], table.std(0, correction=0))


def test_the_range_is_each_channels():
    x = torch.randn(20, 3, 4, 5)
    low, high = value_range(x)
    assert low.shape == high.shape == (1, 3, 1, 1)
    assert low.flatten().tolist() == [float(x[:, c].min()) for c in range(3)]
    assert high.flatten().tolist() == [float(x[:, c].max()) for c in range(3)]
    assert value_range((CLIP, MASK))[1].flatten().tolist() == [9.0, 9.0]


def test_a_measurement_disturbs_no_rows_and_contracts_are_abstract():
    @dataclass(frozen=True)
    class Nothing(Measurement):
        def measure(self, model, data, rng):
            return {}

    with pytest.raises(TypeError, match="Nothing measures; it disturbs no rows"):
        Nothing().disturb(CLIP, None)
    with pytest.raises(TypeError, match="disturb"):
        Probe()
    with pytest.raises(TypeError, match="measure"):
        Measurement()
