"""The small vision transformer: timm's net, cut between its blocks."""

import pytest
import torch
from support.pictures import pictures

from mixsuite.errors import InputError
from mixsuite.models.base import site_shapes
from mixsuite.models.images.vit_tiny import VitTiny

timm = pytest.importorskip("timm")


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_cut_in_four_it_is_timms_net(depth):
    from timm.models.vision_transformer import VisionTransformer

    data = pictures(channels=1, size=8)
    torch.manual_seed(0)
    mine = VitTiny(4, 12, depth, 3).build(data).eval()
    torch.manual_seed(0)
    theirs = VisionTransformer(
        img_size=8, patch_size=4, in_chans=1, num_classes=10, embed_dim=12, depth=depth, num_heads=3
    )
    x = data.train.x
    torch.testing.assert_close(mine(x), theirs.eval()(x))
    h = theirs.pos_drop(theirs._pos_embed(theirs.patch_embed(x)))
    torch.testing.assert_close(mine(x, 0, 1), h)
    for block in theirs.blocks[: depth // 2]:
        h = block(h)
    torch.testing.assert_close(mine(x, 0, 2), h)
    assert site_shapes(mine, x[:1]) == {"input": (1, 8, 8), "hidden": (5, 12), "middle": (5, 12), "embedding": (12,)}


def test_it_has_as_many_weights_as_its_docstring_says():
    net, d = VitTiny().build(pictures()), 192
    block = 2 * 2 * d + (d + 1) * 3 * d + (d + 1) * d + (d + 1) * 4 * d + (4 * d + 1) * d
    count = (3 * 16 + 1) * d + d + 65 * d + 12 * block + 2 * d + (d + 1) * 10
    assert sum(weight.numel() for weight in net.parameters()) == count
    assert f"{count:,}" in VitTiny.__doc__


def test_dropout_and_stochastic_depth_reach_the_blocks():
    net = VitTiny(4, 12, 3, 3, 0.25, 0.5).build(pictures(size=8))
    dropped = [layer.p for layer in net.modules() if isinstance(layer, torch.nn.Dropout) and layer.p]
    assert dropped == [0.25] * 9
    paths = [layer.drop_prob for layer in net.modules() if type(layer).__name__ == "DropPath"]
    assert paths == pytest.approx([0.25, 0.25, 0.5, 0.5])
    assert net.draws


def test_what_does_not_fit_is_said():
    with pytest.raises(InputError, match=r"patch=4: pictures of \[10, 10\] are no multiples of it"):
        VitTiny().build(pictures(size=10))
    with pytest.raises(ValueError, match="heads=5: allowed is a divisor of width, 192"):
        VitTiny(heads=5)
