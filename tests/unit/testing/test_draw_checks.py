"""Checks of draws and side effects: each catches a planted fault."""

import pytest
from support.wrong_methods import FAULTS, assert_caught, assert_judged, bodies_of

from mixsuite.testing import draw_checks
from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (draw_checks.inputs_stay, "inputs are not written to"),
        (draw_checks.no_global_generator, "no global generator is read"),
        (draw_checks.no_global_generator, "no global generator is changed"),
        (draw_checks.a_function_of_its_seed, "same seed, same bytes"),
        (draw_checks.others_draw_the_same, "others draw the same"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_check_passes_what_is_right_and_finds_a_fault(tmp_path, function, what):
    assert_judged(tmp_path, function, what, FAULTS[what][0])


@pytest.mark.slow
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


@pytest.mark.slow
def test_checking_leaves_the_global_generators_as_they_were():
    import random

    import numpy as np
    import torch

    before = torch.random.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    check("mixup", samples()[:1])
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]
