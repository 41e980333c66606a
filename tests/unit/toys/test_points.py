"""The domain of points and noise, and its network."""

import numpy as np
import pytest
import torch
from support.augmentations import augmentations
from support.tasks import QUICK, opened
from support.toy_tasks import RING, toy

from mixsuite.data.rows import Raw
from mixsuite.domains.augmentation import Augmenter
from mixsuite.errors import InputError
from mixsuite.experiment.build import load_domain
from mixsuite.experiment.resolve import resolve_task
from mixsuite.plugins.kinds import DOMAIN
from mixsuite.plugins.load import find

POINTS = load_domain(find(DOMAIN, toy("points")))


def test_a_row_is_a_point_and_its_noise_as_they_are():
    x = np.random.default_rng(0).normal(size=(6, 4))
    (points, noise), *_ = POINTS.encode(Raw(x, np.zeros(6)), np.array([4, 1]), np.array([0]))
    np.testing.assert_allclose(points.numpy(), x[[4, 1], :2].astype(np.float32))
    np.testing.assert_allclose(noise.numpy(), x[[4, 1], 2:].astype(np.float32))
    with pytest.raises(InputError, match=r"points with noise must be \[n, 4\], are \[6, 3\]"):
        POINTS.encode(Raw(x[:, :3], np.zeros(6)), np.arange(6), np.arange(6))


def test_noise_is_drawn_anew_at_every_step_and_points_stay():
    data, _ = opened(RING, model="points(width=4, depth=1)")
    (noise,) = augmentations("./toys/noise.py", resolve_task(RING, QUICK))
    point, made = Augmenter((noise,), data, 0)(data.test.x, 0)
    assert torch.equal(point, data.test.x[0])
    other = Augmenter((noise,), data, 0)(data.test.x, 1)[1]
    assert not torch.equal(made, other)
    assert abs(float(torch.cat([made, other]).std()) - 1) < 0.1


def test_the_generator_moves_the_noise_and_the_discriminator_looks_at_the_first():
    data, model = opened(RING, model="points(width=4, depth=1)")
    x, noise = data.test.x
    point, made = model((x, noise), 0, 1)
    assert point is x
    assert torch.equal(made, model.stages[0].net(noise))
    assert torch.equal(model((x, noise)), model.stages[1].net(x))
    assert model.sites == {"input": 0, "hidden": 1}


def test_samples_are_pairs_at_both_sites():
    samples = POINTS.samples(6, torch.Generator().manual_seed(0))
    assert {site: [leaf.shape for leaf in pair] for site, pair in samples.items()} == {
        site: [(6, 2), (6, 2)] for site in ("input", "hidden")
    }
