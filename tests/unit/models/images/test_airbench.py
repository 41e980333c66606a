"""The fast net for CIFAR: whitened patches, groups written out, sizes as published."""

import pytest
import torch
from support.pictures import pictures
from torch.nn import functional as F

from mixsuite.models.base import site_shapes
from mixsuite.models.images.airbench import Airbench, Whitening, whitening_filters


@pytest.mark.parametrize("channels", [1, 3])
def test_patches_are_white_behind_the_first_layer_and_come_with_both_signs(channels):
    x = pictures(channels, 16, rows=700).train.x
    filters = whitening_filters(x)
    assert filters.shape == (8 * channels, channels, 2, 2)
    answers = Whitening(x)(x)
    half = 4 * channels
    assert torch.equal(answers[:, :half], -answers[:, half:])
    flat = answers[:, :half].transpose(0, 1).flatten(1).double()
    second = flat @ flat.T / flat.shape[1]
    torch.testing.assert_close(second, torch.eye(half, dtype=torch.float64), atol=0.02, rtol=0)


def test_the_filters_are_those_of_the_patches_one_by_one():
    x = pictures(1, 4, rows=3).train.x.double()
    patches = torch.stack(
        [x[n, :, i : i + 2, j : j + 2].flatten() for n in range(3) for i in range(3) for j in range(3)]
    )
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = whitening_filters(x.float())[:4].double().flatten(1)
    for filter_, value, vector in zip(filters, values, vectors.T, strict=True):
        wanted = vector / (value + 5e-4).sqrt()
        assert min((filter_ - wanted).abs().max(), (filter_ + wanted).abs().max()) < 1e-4


def test_it_is_layer_after_layer():
    data = pictures()
    net, x = Airbench(width=8).build(data).double(), data.train.x.double()
    whitening = net.stages[0][1]
    h = F.gelu(F.conv2d(x, whitening.weight) + whitening.bias[:, None, None])
    assert h.shape == (4, 24, 31, 31)
    for group in (net.stages[0][3], net.stages[1][0], net.stages[1][1]):
        one, _, norm, _, other, last_norm, _ = group
        h = F.max_pool2d(F.conv2d(h, one.weight, padding=1), 2)
        for layer, bias in ((None, norm.bias), (other, last_norm.bias)):
            h = h if layer is None else F.conv2d(h, layer.weight, padding=1)
            mean, var = h.mean((0, 2, 3), keepdim=True), h.var((0, 2, 3), correction=0, keepdim=True)
            h = F.gelu((h - mean) / (var + 1e-12).sqrt() + bias[:, None, None])
    assert h.shape == (4, 32, 3, 3)
    torch.testing.assert_close(net(x), F.max_pool2d(h, 3).flatten(1) @ net.stages[2][0].weight.T / 9)


def test_convolutions_begin_as_the_identity_on_the_channels_that_they_get():
    net, h = Airbench(width=8).build(pictures(1)), torch.randn(2, 8, 5, 5)
    one, other = net.stages[1][0][0], net.stages[1][0][4]
    torch.testing.assert_close(one(h)[:, :8], h)
    assert not torch.allclose(one(h)[:, 8:16], h)
    wide = torch.randn(2, 32, 5, 5)
    torch.testing.assert_close(other(wide), wide)


def test_it_trains_as_many_weights_as_its_docstring_says():
    net = Airbench().build(pictures())
    assert sum(weight.numel() for weight in net.parameters()) == 1_971_352
    assert "1,971,352" in Airbench.__doc__
    shapes = site_shapes(net, torch.zeros(1, 3, 32, 32))
    assert shapes == {"input": (3, 32, 32), "hidden": (64, 15, 15), "embedding": (256,)}


@pytest.mark.parametrize("size", [2, 5, 8, 28])
def test_pictures_of_other_sizes_run(size):
    assert Airbench(width=4).build(pictures(1, size)).eval()(torch.randn(2, 1, size, size)).shape == (2, 10)
