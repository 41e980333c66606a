"""Nets of torchvision: cut at sites, they are the net as it comes."""

import pytest
import torch

from mixsuite.data.rows import Data, Subset
from mixsuite.domains.network import checked_network
from mixsuite.errors import InputError
from mixsuite.models.base import Model, as_staged, site_shapes
from mixsuite.plugins.kinds import MODEL
from mixsuite.plugins.load import load_plugin

torchvision = pytest.importorskip("torchvision")


def pictures(channels=1, size=32):
    part = Subset(torch.randn(4, channels, size, size), torch.arange(4) % 2)
    return Data(part, part, part, "class", 5)


def model(entry):
    return load_plugin(MODEL, entry, Model)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_residual_net_is_the_net_itself(channels):
    data = pictures(channels)
    torch.manual_seed(0)
    mine = model("torchvision:resnet18").instance.build(data).eval()
    torch.manual_seed(0)
    theirs = torchvision.models.resnet18(num_classes=5).eval()
    x = data.train.x
    torch.testing.assert_close(mine(x), theirs(x.expand(-1, 3, -1, -1)))
    assert sum(p.numel() for p in mine.parameters()) == sum(p.numel() for p in theirs.parameters())
    assert site_shapes(mine, x[:1]) == {"input": (channels, 32, 32), "hidden": (64, 8, 8), "embedding": (512,)}


def test_another_net_runs_whole_with_its_last_layer_as_a_site():
    plugin = model("torchvision:squeezenet1_0(weights=none)")
    assert plugin.display_name == 'torchvision:squeezenet1_0(weights="none")'
    found = checked_network(model("torchvision:mobilenet_v3_small").instance, pictures(), "m")
    assert site_shapes(found, pictures().train.x[:2]) == {"input": (1, 32, 32), "embedding": (1024,)}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("torchvision:resnet81", "unknown net of torchvision 'resnet81'"),
        ("torchvision:resnet18(weights=DEFAULT)", "weights=DEFAULT: a run downloads nothing"),
        ("torchvision:resnet18(widht=3)", "unexpected keyword argument 'widht'"),
    ],
)
def test_what_is_wrong_is_said(entry, said):
    with pytest.raises(InputError, match=said):
        checked_network(model(entry).instance, pictures(), entry)


def test_a_net_for_other_sizes_is_refused_in_one_line():
    with pytest.raises(InputError, match=r"it does not run on rows of shape \[1, 4, 4\]"):
        checked_network(model("torchvision:squeezenet1_1").instance, pictures(size=4), "squeeze")


def test_parameters_that_are_not_its_own_are_written_as_given_and_read_back():
    plugin = model("torchvision:resnet18(zero_init_residual=True, norm_layer=none)")
    assert plugin.instance.others == (("norm_layer", "none"), ("zero_init_residual", True))
    assert as_staged(plugin.instance.build(pictures()), plugin.instance).sites["embedding"] == 2
