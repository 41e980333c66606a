"""Mixtures of Gaussians in the plane."""

from pathlib import Path

import numpy as np
import pytest
from support.tasks import QUICK
from support.toy_tasks import GRID, RING, toy

from mixsuite.errors import InputError
from mixsuite.experiment.build import make_dataset
from mixsuite.experiment.resolve import resolve_task


@pytest.mark.parametrize(("entry", "count"), [(RING, 8), (GRID, 25)])
def test_points_lie_about_their_modes_and_noise_beside_them_is_normal(entry, count):
    dataset = make_dataset(resolve_task(entry, QUICK))
    raw, modes = dataset.load(Path()), dataset.modes()
    assert raw.x.shape == (12_000, 4)
    assert (raw.y == 1).all()
    assert raw.y.shape == (12_000, 1)
    assert len(np.unique(modes.round(9), axis=0)) == count
    apart = np.linalg.norm(raw.x[:, None, :2] - modes, axis=2)
    assert np.bincount(apart.argmin(1), minlength=count).min() > 12_000 / count * 0.8
    assert (raw.x[:, :2] - modes[apart.argmin(1)]).std() == pytest.approx(0.01, rel=0.02)
    assert raw.x[:, 2:].std() == pytest.approx(1, rel=0.02)
    again = make_dataset(resolve_task(entry, QUICK)).load(Path())
    assert raw.digest == again.digest


def test_a_negative_deviation_is_refused():
    with pytest.raises(InputError, match="allowed is"):
        resolve_task(toy("gaussians", "std=-1"), QUICK)


def test_its_metadata_is_complete():
    cls = type(make_dataset(resolve_task(toy("gaussians"), QUICK)))
    assert all((cls.source, cls.licence, cls.reference, cls.__doc__))
    assert cls.recipe in QUICK.recipes
    assert not cls.sha256
