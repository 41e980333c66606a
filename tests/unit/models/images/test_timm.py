"""Nets of timm: cut at sites, they are the net as it comes."""

import pytest
import torch

from mixsuite.data.rows import Data, Subset
from mixsuite.errors import InputError
from mixsuite.models.base import site_shapes
from mixsuite.models.images.timm import Timm

timm = pytest.importorskip("timm")
X = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
PART = Subset(X, torch.arange(4) % 2)
DATA = Data(PART, PART, PART, "class", 5)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("resnet10t", ()),
        ("vit_tiny_patch16_224", (("depth", 2), ("img_size", 32), ("patch_size", 8))),
        ("convnext_atto", ()),
        ("mobilenetv3_small_050", ()),
    ],
)
def test_cut_in_three_it_is_the_net_itself(name, others):
    torch.manual_seed(0)
    mine = Timm(name, others).build(DATA).eval()
    torch.manual_seed(0)
    theirs = timm.create_model(name, num_classes=5, in_chans=1, **dict(others)).eval()
    torch.testing.assert_close(mine(X), theirs(X))
    assert sum(p.numel() for p in mine.parameters()) == sum(p.numel() for p in theirs.parameters())
    assert list(site_shapes(mine, X[:1])) == ["input", "hidden", "embedding"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Timm("resnet10"), "unknown net of timm 'resnet10'"),
        (Timm("resnet10t", (("pretrained", True),)), "pretrained=True: a run downloads nothing"),
    ],
)
def test_what_is_wrong_is_said(model, said):
    with pytest.raises(InputError, match=said):
        model.build(DATA)
