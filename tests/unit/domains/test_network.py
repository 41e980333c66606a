"""A net that does not fit its data is refused in one line."""

import pytest
import torch
from torch import nn

from mixsuite.data.rows import Data, Subset
from mixsuite.domains import Staged
from mixsuite.domains.network import checked_network
from mixsuite.errors import InputError
from mixsuite.models.tabular.mlp import Mlp


def data(classes=3):
    part = Subset(torch.randn(6, 4), torch.arange(6) % classes)
    return Data(part, part, part, "class", classes)


class Uses(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last, self.idle = nn.Linear(4, 4), nn.Linear(4, 3), nn.Linear(4, 4)

    def forward(self, x):
        return self.last(self.first(self.first(x)))


class Built:
    """A model of whatever a test builds."""

    stackable, members, capturable = False, 1, None

    def __init__(self, make, sites=None):
        self.make, self.sites = make, sites or {}

    def build(self, data):
        return self.make()


def fails():
    raise RuntimeError("no such\nlayer")


@pytest.mark.parametrize(
    ("make", "sites", "said"),
    [
        (lambda: nn.Linear(4, 2), {}, r"its outputs are \[2, 2\]; wanted are \[2, 3\]"),
        (lambda: nn.Flatten(0), {}, r"its outputs are \[8\]"),
        (lambda: nn.GRU(4, 3), {}, "its outputs are tuple"),
        (lambda: nn.Linear(5, 3), {}, r"it does not run on rows of shape \[4\]: RuntimeError: mat1 and mat2 shapes"),
        (fails, {}, "RuntimeError: no such layer"),
        (lambda: "net", {}, r"build\(\) must return a torch module, returned str"),
        (Uses, {"hidden": "lst"}, r"site 'hidden' names 'lst', which is no submodule \(allowed: first, last, idle\)"),
        (Uses, {"hidden": "first"}, "site 'hidden': the module runs more than once a pass"),
        (Uses, {"hidden": "idle"}, "site 'hidden': the module does not run"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(make, sites, said):
    with pytest.raises(InputError, match=f"^model mine: .*{said}") as error:
        checked_network(Built(make, sites), data(), "mine")
    assert "\n" not in str(error.value)


def test_a_missing_package_is_no_bad_input():
    def needs():
        raise ImportError("no timm", name="timm")

    with pytest.raises(ImportError):
        checked_network(Built(needs), data(), "mine")


def test_a_net_that_fits_is_given_in_training_mode_and_untouched():
    found = checked_network(Mlp(4, 1), data(), "mlp")
    assert isinstance(found, Staged)
    assert found.training
    norm = checked_network(Built(lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3))), data(), "mine")
    assert int(norm.get_submodule("stages.0.module.0").num_batches_tracked) == 0
