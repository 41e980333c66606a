"""The feature-noise model as it is described."""

from pathlib import Path

import numpy as np
import pytest
from support.tasks import QUICK
from support.toy_tasks import toy

from mixsuite.errors import InputError
from mixsuite.experiment.build import make_dataset
from mixsuite.experiment.resolve import resolve_task


def test_rows_of_the_feature_noise_model_are_as_described():
    raw = make_dataset(resolve_task(toy("feature_noise", "dims=50"), QUICK)).load(Path())
    assert (len(raw.y), len(np.unique(raw.y))) == (3000, 2)
    first = raw.x[:, 0]
    assert np.array_equal(first.sum(1), np.ones(len(first)))
    common = first[np.arange(len(first)), raw.y] == 1
    rare = first[np.arange(len(first)), raw.y + 2] == 1
    assert (common ^ rare).all()
    assert rare[raw.split_id == 0].mean() == pytest.approx(0.1, abs=0.02)
    assert rare[raw.split_id == 2].mean() == pytest.approx(0.25, abs=0.04)
    weak = raw.x[:, 1:3]
    assert np.allclose(weak.sum(2), 0.05)
    assert np.isin(weak.argmax(2), (0, 1)).all()
    noise = raw.x[:, 3:]
    assert noise.std() == pytest.approx(0.2, rel=0.01)
    assert abs(noise.mean()) < 0.001


@pytest.mark.parametrize("inside", ["dims=3", "weak_patches=5", "rare=2", "noise=-1"])
def test_parameters_out_of_range_are_refused(inside):
    with pytest.raises(InputError, match="allowed is"):
        resolve_task(toy("feature_noise", inside), QUICK)


def test_its_metadata_is_complete():
    cls = type(make_dataset(resolve_task(toy("feature_noise"), QUICK)))
    assert all((cls.source, cls.licence, cls.reference, cls.__doc__))
    assert cls.recipe in QUICK.recipes
    assert not cls.sha256
