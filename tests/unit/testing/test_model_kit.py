"""The kit for models: the package's own pass, and planted faults are found, each by its check."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from mixsuite.domains import Model, Staged
from mixsuite.plugins.kinds import MODEL
from mixsuite.plugins.load import load_plugin
from mixsuite.testing import problems
from mixsuite.testing.model_kit import check_model


@pytest.mark.parametrize(
    "entry", ["conv(width=4)", "mlp", "embedded", "conv1d(width=4)", "lenet(units=8)", "vgg(width=2)", "gin", "gcn",
              "preact_resnet(width=2)", "wide_resnet(depth=10, widen=1)", "pyg:GIN", "tabm(width=6, k=3)",
              "tabular_resnet(width=6)", "ft_transformer(width=8, heads=2)",
              "resnet18(width=2)", "vit_tiny(width=6, depth=2)", "airbench(width=2)", "resnet2d(width=2)", "sage(width=8)"],
)  # fmt: skip
def test_the_packages_models_pass(entry):
    found = check_model(load_plugin(MODEL, entry, Model).instance)
    assert problems(found) == []
    assert sum(finding.status == "ok" for finding in found) >= 6


class Body(nn.Module):
    """Linear layers, and whatever a fault does with the rows."""

    def __init__(self, columns, classes, fault):
        super().__init__()
        self.first, self.last, self.fault = nn.Linear(columns, 6), nn.Linear(6, classes), fault

    def forward(self, x):
        return self.last(self.fault(self, x, self.first(x).relu()))


@dataclass(frozen=True)
class Faulty(Model):
    """A small net for tables with a fault."""

    domains = ("tabular",)
    fault: ClassVar[Any] = staticmethod(lambda net, x, h: h)

    def build(self, data):
        return Body(data.train.x.shape[1], data.classes, type(self).fault)


def faulty(fault, **literals):
    return type("Faulty", (Faulty,), {"fault": staticmethod(fault), "__doc__": "A net.", **literals})()


def test_a_good_net_of_a_users_own_passes():
    assert problems(check_model(faulty(lambda net, x, h: h, sites={"hidden": "last"}))) == []


def write_to_input(net, x, h):
    x.add_(1)
    return h


def numpy_dropout(net, x, h):
    return h * torch.from_numpy(np.random.random(h.shape) < 0.5) if net.training else h


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (lambda net, x, h: h - h.mean(0), "rows are apart in evaluation"),
        (numpy_dropout, "draws are paired"),
        (lambda net, x, h: h * torch.empty_like(h).bernoulli_(0.5), "rows are apart in evaluation"),
        (lambda net, x, h: h.detach() * 0 + 1, None),
    ],
)
def test_a_planted_fault_in_forward_is_found(fault, check):
    found = {finding.check for finding in problems(check_model(faulty(fault)))}
    assert check in found if check else not found


def test_a_net_that_writes_to_its_rows_is_a_problem():
    assert problems(check_model(faulty(write_to_input)))


def test_weights_from_a_generator_of_numpy_are_found():
    class Numpy(Faulty):
        def build(self, data):
            net = super().build(data)
            with torch.no_grad():
                net.first.weight.copy_(torch.from_numpy(np.random.random(tuple(net.first.weight.shape))))
            return net

    found = {finding.check: finding.seen for finding in problems(check_model(Numpy()))}
    assert found["weights depend on the seed alone"] == "others in stages.0.module.first.weight"


def test_weights_of_a_seed_of_its_own_are_found():
    class Fixed(Faulty):
        def build(self, data):
            torch.manual_seed(3)
            return super().build(data)

    (found,) = problems(check_model(Fixed()))
    assert found.seen == "the same: is a seed set in build()?"


def test_a_claim_that_seeds_can_train_as_one_is_tried():
    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return self.layer(x) * x.std() if self.training else self.layer(x)

    class Stackable(Faulty):
        stackable = True

        def build(self, data):
            first = nn.Linear(data.train.x.shape[1], 4)
            return Staged([first, Rows(), nn.Linear(4, data.classes)], {"input": 0})

    (found,) = problems(check_model(Stackable()))
    assert (found.check, found.seen) == ("stacked it is itself", "others: declare stackable = False")


def test_a_weight_that_is_never_trained_is_noted_and_an_exception_names_the_check():
    class Idle(Faulty):
        def build(self, data):
            net = super().build(data)
            net.idle = nn.Linear(2, 2)
            return net

    notes = [finding for finding in check_model(Idle()) if finding.status == "note"]
    assert [finding.seen for finding in notes] == [
        "no gradient: stages.0.module.idle.weight, stages.0.module.idle.bias"
    ]

    def fails_later(net, x, h):
        if net.training:
            raise RuntimeError("not in training")
        return h

    found = problems(check_model(faulty(fails_later)))
    assert "RuntimeError: not in training" in {finding.seen for finding in found}


def test_a_model_that_fits_nowhere_is_a_problem():
    class Nowhere(Faulty):
        domains = ()

        def build(self, data):
            raise ValueError("no")

    (found,) = problems(check_model(Nowhere()))
    assert found.check == "applies somewhere"
