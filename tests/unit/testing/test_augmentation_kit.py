"""The kit for augmentations: the package's own pass, and planted faults are found, each by its check."""

from dataclasses import dataclass

import pytest
import torch

from mixsuite.domains.augmentation import Augmentation
from mixsuite.errors import InputError
from mixsuite.plugins.kinds import AUGMENTATION, builtin_files
from mixsuite.plugins.load import load_plugin
from mixsuite.testing import check, problems
from mixsuite.testing.augmentation_kit import check_augmentation


@pytest.mark.parametrize("name", list(builtin_files(AUGMENTATION)))
def test_the_packages_augmentations_pass(name):
    found = check_augmentation(load_plugin(AUGMENTATION, name, Augmentation).instance)
    assert [f.status for f in found] == ["ok"] * 6


def planted(augment, **literals):
    facts = {"augment": lambda self, x, rng, seen: augment(x, rng), "__doc__": "An augmentation."}
    return dataclass(frozen=True)(type("Planted", (Augmentation,), facts | {"domains": ("images",)} | literals))()


def refused(self, data):
    raise InputError("not for these")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda x, rng: x.add_(rng.normal(*x.shape, kind="n")), "the input stays"),
        (lambda x, rng: x / 0, "values are finite"),
        (lambda x, rng: x + torch.randn_like(x), "draws from its rng alone"),
        (lambda x, rng: x + torch.rand(1), "draws from its rng alone"),
        (lambda x, rng: x.float() + 0 * x.sum(), "runs"),
        (lambda x, rng: x - x.roll(1, 0), "each row alone"),
        (lambda x, rng: x + rng.normal(16, 1, 1, 1, kind="n"), "runs"),  # made for batches of 16
        (lambda x, rng: x[:, :1], "runs"),
    ],
)
def test_a_planted_fault_is_found(fault, said):
    assert said in [finding.check for finding in problems(check_augmentation(planted(fault)))]


def test_what_does_nothing_or_always_the_same_is_noted():
    notes = {f.check for f in check(planted(lambda x, rng: x)) if f.status == "note"}
    assert notes == {"changes rows"}
    notes = {f.check for f in check(planted(lambda x, rng: x.flip(-1))) if f.status == "note"}
    assert notes == {"differs from batch to batch"}


def test_one_that_applies_nowhere_is_a_problem():
    for one in (planted(lambda x, rng: x, prepare=refused), planted(lambda x, rng: x, domains=("none",))):
        (found,) = problems(check(one))
        assert found.check == "applies somewhere"
