"""The loss of each row, written out."""

import math

import pytest
import torch

from mixsuite.mixing.losses import LOSSES, binary_cross_entropy, cross_entropy, squared_error


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_cross_entropy_is_minus_the_log_of_the_classs_share():
    out, y = numbers(5, 3), torch.tensor([0, 2, 1, 1, 0])
    found = cross_entropy(out, y)
    for row in range(5):
        shares = [math.exp(v) for v in out[row].tolist()]
        assert float(found[row]) == pytest.approx(-math.log(shares[int(y[row])] / sum(shares)))
    soft = numbers(5, 3, seed=1).softmax(1)
    wanted = -(soft * out.log_softmax(1)).sum(1)
    torch.testing.assert_close(cross_entropy(out, soft), wanted)


def test_binary_cross_entropy_is_the_mean_over_labels():
    out, y = numbers(5, 4), (numbers(5, 4, seed=1) > 0).double() * 0.9 + 0.05
    p = 1 / (1 + (-out).exp())
    torch.testing.assert_close(binary_cross_entropy(out, y), -(y * p.log() + (1 - y) * (1 - p).log()).mean(1))


def test_squared_error_is_the_mean_over_outputs_and_a_column_is_a_vector():
    out, y = numbers(5, 2), numbers(5, 2, seed=1)
    torch.testing.assert_close(squared_error(out, y), ((out - y) ** 2).sum(1) / 2)
    one = squared_error(out[:, 0], y[:, :1])
    assert torch.equal(one, squared_error(out[:, :1], y[:, 0]))
    assert one.shape == (5,)


@pytest.mark.parametrize("shapes", [((5, 3), (5, 1)), ((5, 1), (5, 2)), ((5,), (5, 2))])
def test_outputs_are_never_spread_over_targets(shapes):
    with pytest.raises(ValueError, match="they must be alike"):
        squared_error(*(numbers(*shape) for shape in shapes))


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_no_loss_runs_in_half_precision(kind, dtype):
    out = numbers(5, 3).to(dtype)
    y = torch.tensor([0, 2, 1, 1, 0]) if kind == "class" else numbers(5, 3, seed=1).sigmoid().float()
    found = LOSSES[kind](out, y)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, LOSSES[kind](out.float(), y))
    assert LOSSES[kind](out.double(), y if kind == "class" else y.double()).dtype == torch.float64


def test_there_is_a_loss_for_each_kind_of_target():
    assert {"class": cross_entropy, "multilabel": binary_cross_entropy, "regression": squared_error} == LOSSES
