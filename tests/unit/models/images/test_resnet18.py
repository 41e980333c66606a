"""ResNet-18 for small pictures, against torchvision's net with another stem."""

import torch
from support.pictures import pictures
from torch import nn

from mixsuite.models.base import site_shapes
from mixsuite.models.images.resnet18 import Resnet18


def test_it_is_torchvisions_net_with_a_small_stem_and_no_pool():
    from torchvision.models import resnet18

    data = pictures()
    theirs = resnet18(weights=None, num_classes=10)
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    mine = Resnet18().build(data)
    values = mine.state_dict().values()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    for training in (True, False):
        torch.testing.assert_close(mine.train(training)(data.train.x), theirs.train(training)(data.train.x))


def test_it_has_as_many_weights_as_its_docstring_says():
    net = Resnet18().build(pictures())
    assert sum(weight.numel() for weight in net.parameters()) == 11_173_962
    assert "11,173,962" in Resnet18.__doc__
    shapes = site_shapes(net, torch.zeros(1, 3, 32, 32))
    assert shapes == {"input": (3, 32, 32), "hidden": (64, 32, 32), "embedding": (512,)}


def test_convolutions_begin_with_the_normal_law_of_their_outputs_and_dropout_is_before_the_last_layer():
    net = Resnet18(width=32, dropout=0.25).build(pictures())
    weight = net.stages[1][0][0].conv1.weight
    assert abs(float(weight.detach().std() / (2 / (64 * 9)) ** 0.5) - 1) < 0.05
    assert [type(layer).__name__ for layer in net.stages[2]] == ["Dropout", "Linear"]
    assert net.stages[2][0].p == 0.25
