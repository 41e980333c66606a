"""LeNet over the bands of a clip, written out."""

import torch
from support.clips import clip_job, clips
from torch import nn
from torch.nn import functional as F


def test_it_is_two_convolutions_pooled_before_their_relu_and_two_layers():
    job = clip_job("erm", clips([60, 70, 65, 50], channels=40), model="lenet(channels=3, units=7)")
    model, (x, mask) = job.model.eval(), job.data.train.x
    one, two = (layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    first, last = (layer for layer in model.modules() if isinstance(layer, nn.Linear))
    assert (tuple(one.weight.shape), tuple(two.weight.shape)) == ((3, 1, 5, 5), (3, 3, 5, 5))
    h = x[:, None]
    for layer in (one, two):
        h = F.max_pool2d(F.conv2d(h, layer.weight, layer.bias), 2).clamp(min=0)
    wanted = last(first(h.flatten(1)).clamp(min=0))
    torch.testing.assert_close(model((x, mask)), wanted)
    assert first.out_features == 7
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 3}
