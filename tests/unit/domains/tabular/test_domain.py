"""How tables look, and what the kit tries."""

import numpy as np
import pytest
import torch
from support.domains import Axis, check_samples

from mixsuite.domains.tabular.domain import Tabular

DOMAIN = Tabular()
SHAPES = {"input": (6,), "hidden": (8,), "embedding": (8,)}


def test_samples_are_drawn_from_the_generator_and_have_its_sites():
    check_samples(DOMAIN, SHAPES)


def test_the_samples_category_is_one_of_three_values_in_the_midst():
    x = DOMAIN.samples(40, torch.Generator().manual_seed(0))["input"]
    assert DOMAIN.sample_groups == (0, 1, 2, 2, 2, 3)
    assert x[:, 2:5].sum(1).eq(1).all()
    assert set(x[:, 2:5].argmax(1).tolist()) == {0, 1, 2}


def test_a_row_is_a_strip():
    axis = Axis()
    DOMAIN.draw_row(axis, [np.array([1.0, -2.0, 0.5])])
    assert axis.picture.tolist() == [[1.0, -2.0, 0.5]]
    assert (axis.options["vmin"], axis.options["vmax"]) == (-2.5, 2.5)
    assert DOMAIN.strip


@pytest.mark.parametrize(("shape", "alike"), [((2, 3), True), ((2, 3, 4), False), ((2,), False)])
def test_two_axes_look_like_a_table(shape, alike):
    assert DOMAIN.matches(torch.zeros(shape)) == alike
