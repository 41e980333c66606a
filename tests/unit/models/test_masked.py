"""Layers for padded rows: everything counts by its validity."""

import pytest
import torch
from torch import nn

from mixsuite.mixing import Plan, interpolate
from mixsuite.models.masked import MaskedBatchNorm, StackedMaskedBatchNorm, masked_mean, masked_sum, valid


@pytest.mark.parametrize("axis", [1, -1])
def test_masked_batch_norm_is_torchs_over_valid_places(axis):
    torch.manual_seed(0)
    mine, theirs = MaskedBatchNorm(5, axis).double(), nn.BatchNorm1d(5).double()
    x, mask = torch.randn(6, 8, 5, dtype=torch.float64), (torch.rand(6, 8, 1) < 0.6).double()
    if axis == 1:
        x, mask = x.transpose(1, 2), mask.transpose(1, 2)
    for training in (True, False):
        mine.train(training)
        theirs.train(training)
        out = mine(x, mask)
        flat, keep = (t if axis == -1 else t.transpose(1, 2) for t in (x, mask))
        wanted = theirs(flat[keep[..., 0] > 0])
        got = (out if axis == -1 else out.transpose(1, 2))[keep[..., 0] > 0]
        torch.testing.assert_close(got, wanted, atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)
    torch.testing.assert_close(mine.running_var, theirs.running_var)


def test_a_mixed_mask_is_soft_and_weighs_the_mean():
    x, mask = torch.ones(2, 1, 4), torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]])[:, None]
    plan = Plan(torch.tensor([1, 0]), torch.full((2, 1, 1), 0.25), torch.full((2,), 0.25))
    h, m = interpolate((x * mask, mask), plan)
    torch.testing.assert_close(m[0, 0], torch.tensor([1.0, 1, 0.25, 0.25]))
    torch.testing.assert_close(masked_mean(h, m, 2)[0, 0], (h[0, 0] * m[0, 0]).sum() / 2.5)


def test_a_soft_mask_weighs_each_place_in_the_statistics():
    """A place of a half counts as half a place: as a list in which whole places stand twice."""
    norm, x = MaskedBatchNorm(2, 1).double(), torch.randn(1, 2, 3, dtype=torch.float64)
    out = norm(x, torch.tensor([[[1.0, 0.5, 0.0]]], dtype=torch.float64))
    twice = x[0][:, [0, 0, 1]]
    mean, std = twice.mean(1), (twice.var(1, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(out[0], (x[0] - mean[:, None]) / std[:, None])


@pytest.mark.parametrize("axis", [1, -1])
def test_its_twin_gives_each_run_its_own_statistics(axis):
    layers = [MaskedBatchNorm(4, axis).double() for _ in range(3)]
    for number, layer in enumerate(layers):
        nn.init.constant_(layer.weight, 1.0 + number)
        nn.init.constant_(layer.bias, -1.0 * number)
    together = StackedMaskedBatchNorm(layers)
    x, mask = torch.randn(3, 5, 7, 4, dtype=torch.float64), (torch.rand(3, 5, 7, 1) < 0.7).double()
    if axis == 1:
        x, mask = x.transpose(2, 3), mask.transpose(2, 3)
    for training in (True, False):
        for one in (together, *layers):
            one.train(training)
        alone = torch.stack([layer(*rows) for layer, *rows in zip(layers, x, mask, strict=True)])
        torch.testing.assert_close(together(x.flatten(0, 1), mask.flatten(0, 1)).unflatten(0, (3, 5)), alone)
    torch.testing.assert_close(together.running_var, torch.stack([layer.running_var for layer in layers]))


def test_means_and_sums_count_by_validity_and_nothing_is_nothing():
    x = torch.tensor([[[1.0, 2.0, 30.0]]])
    mask = torch.tensor([[[1.0, 0.5, 0.0]]])
    assert float(masked_sum(x, mask, 2)) == 2.0
    assert float(masked_mean(x, mask, 2)) == pytest.approx(2 / 1.5)
    assert float(masked_mean(x, torch.zeros(1, 1, 3), 2)) == 0.0
    assert valid(x, mask).tolist() == [[[1.0, 2.0, 0.0]]]  # half a place keeps its value


def written_out(norm, x, mask):
    """The norm's formula as a reader would write it, for rows of one run in training."""
    places = (0, 2) if norm.axis == 1 else (0, 1)
    weight, bias = (v[:, None] if norm.axis == 1 else v for v in (norm.weight, norm.bias))
    mean = (x * mask).sum(places, keepdim=True) / mask.sum()
    var = ((x - mean).square() * mask).sum(places, keepdim=True) / mask.sum()
    return weight * (x - mean) / (var + norm.eps).sqrt() + bias


def drawn(axis, shape=(4, 3, 5)):
    """A norm with drawn weights, rows and a soft mask, in float64; all of them want gradients."""
    torch.manual_seed(1)
    norm = MaskedBatchNorm(shape[1] if axis == 1 else shape[2], axis).double()
    for weight in norm.parameters():
        nn.init.normal_(weight, mean=1.0)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    mask = torch.rand(shape[0], *((1, shape[2]) if axis == 1 else (shape[1], 1)), dtype=torch.float64)
    return norm, x, (mask * (mask > 0.3)).requires_grad_()


@pytest.mark.parametrize("axis", [1, -1])
def test_its_gradients_are_those_of_the_formula(axis):
    norm, x, mask = drawn(axis)
    slope = torch.randn(x.shape, dtype=torch.float64)
    for wanted in ([x, *norm.parameters()], [x, mask, *norm.parameters()]):
        mask.requires_grad_(any(v is mask for v in wanted))
        found = torch.autograd.grad(norm(x, mask), wanted, slope)
        torch.testing.assert_close(found, torch.autograd.grad(written_out(norm, x, mask), wanted, slope))


@pytest.mark.parametrize("axis", [1, -1])
def test_it_can_be_differentiated_twice(axis):
    norm, x, mask = drawn(axis)
    given = (x, mask, norm.weight, norm.bias)

    def out(x, mask, weight, bias):
        return torch.func.functional_call(norm, {"weight": weight, "bias": bias}, (x, mask))

    assert torch.autograd.gradcheck(out, given)
    assert torch.autograd.gradgradcheck(out, given)


def test_one_place_a_row_is_no_confusion_of_axes():
    norm, x, mask = drawn(-1, (6, 1, 3))
    torch.testing.assert_close(norm(x, mask), written_out(norm, x, mask))
