"""Checks of draws and side effects: each catches a planted fault."""

import pytest
from support.wrong_methods import assert_caught, bodies_of

from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


@pytest.mark.parametrize(
    ("what", "body"),
    bodies_of(
        "inputs are not written to",
        "no global generator is read",
        "no global generator is changed",
        "same seed, same bytes",
        "others draw the same",
    ),
)
def test_a_planted_fault_is_caught(tmp_path, what, body):
    assert_caught(tmp_path, what, body)


def test_checking_leaves_the_global_generators_as_they_were():
    import random

    import numpy as np
    import torch

    before = torch.random.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    check("mixup", samples()[:1])
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]
