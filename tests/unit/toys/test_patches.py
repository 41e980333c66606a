"""The domain of patches, and the network of squares."""

import numpy as np
import pytest
import torch
from support.toy_tasks import opened_toy, toy

from mixsuite.data.rows import Raw
from mixsuite.errors import InputError
from mixsuite.experiment.build import load_domain
from mixsuite.plugins.kinds import DOMAIN
from mixsuite.plugins.load import find

PATCHES = load_domain(find(DOMAIN, toy("patches")))


def test_rows_of_patches_are_left_as_they_are():
    x = np.random.default_rng(0).normal(size=(6, 3, 5))
    found = PATCHES.encode(Raw(x, np.zeros(6)), np.array([4, 1]), np.array([0])).x
    np.testing.assert_allclose(found.numpy(), x[[4, 1]].astype(np.float32))
    with pytest.raises(InputError, match=r"rows of patches must be \[n, P, d\], are \[6, 15\]"):
        PATCHES.encode(Raw(x.reshape(6, 15), np.zeros(6)), np.arange(6), np.arange(6))


def test_the_network_is_the_sum_of_squares_over_filters_and_patches():
    data, model = opened_toy("feature_noise", "dims=6, rows=20", model="patches(filters=3, std=0.5)")
    weight, x = model.stages[0].weight.detach().unflatten(0, (2, 3)), data.test.x[:7]
    wanted = torch.einsum("krd,npd->nkrp", weight, x).square().sum((2, 3))
    torch.testing.assert_close(model(x), wanted)
    assert float(weight.std()) == pytest.approx(0.5, rel=0.5)
    assert model.sites == {"input": 0, "hidden": 1}
