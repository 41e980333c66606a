"""The residual net over bands: its layers one by one, its sites, its sizes."""

import torch
from support.clips import clip_job, clips
from torch import nn
from torch.nn import functional as F

from mixsuite.models.base import site_shapes
from mixsuite.models.preact_block import PreactBlock
from mixsuite.models.speech.resnet2d import Resnet2d
from mixsuite.training.loop import train


def test_it_is_stem_blocks_norm_relu_mean_and_linear():
    job = clip_job("erm", clips([30] * 8, channels=12), torch.float64, "resnet2d(width=3, blocks=1)")
    model, (x, mask) = job.model.eval(), job.data.train.x
    stem, last = model.stages[0][1][0], model.stages[-1][0]
    h = F.conv2d(x[:, None], stem.weight, padding=1)
    blocks = [layer for layer in model.modules() if isinstance(layer, PreactBlock)]
    assert [block.conv1.stride for block in blocks] == [(1, 1), (2, 2), (2, 2), (2, 2)]
    for block in blocks:
        h = block(h)
    assert h.shape[1:] == (24, 2, 4)
    norm = next(layer for layer in model.stages[1] if isinstance(layer, nn.BatchNorm2d))
    h = (h - norm.running_mean[:, None, None]) / (norm.running_var[:, None, None] + 1e-5).sqrt()
    torch.testing.assert_close(model((x, mask)), last(h.clamp(min=0).mean((2, 3))))


def test_it_has_as_many_weights_as_its_docstring_says_for_clips_of_any_length():
    for frames in (9, 40):
        model = clip_job("erm", clips([frames] * 4, channels=40), model="resnet2d").model
        ten = sum(weight.numel() for weight in model.parameters()) + (10 - 2) * (256 + 1)
        assert f"{ten:,}" in Resnet2d.__doc__
    x = torch.zeros(1, 40, 40), torch.ones(1, 1, 40)
    assert site_shapes(model, x) == {"input": (40, 40), "hidden": (32, 40, 40), "embedding": (256,)}


def test_waves_have_the_front_end_and_dropout_is_within_the_blocks():
    raw = clips([1600] * 8, channels=1, rate=8000)
    job = clip_job("mixup(site=wave)", raw, model="resnet2d(width=2, bands=16, blocks=2)", dropout=0.25, steps=2)
    assert job.model.sites == {"wave": 0, "input": 1, "hidden": 2, "embedding": 4}
    assert {layer.p for layer in job.model.modules() if isinstance(layer, nn.Dropout)} == {0.25}
    assert len([layer for layer in job.model.modules() if isinstance(layer, PreactBlock)]) == 8
    assert train(job).steps == 2
