"""Convolutions over time: padding changes nothing."""

import pytest
import torch
from support.clips import clip_job, clips
from torch import nn
from torch.nn import functional as F

from mixsuite.models.masked import masked_mean
from mixsuite.models.speech.conv1d import Block, MeanOverTime


@pytest.mark.parametrize("stride", [1, 2])
def test_more_padding_changes_nothing(stride):
    torch.manual_seed(0)
    block = Block(3, 4, 5, stride).double()
    x = torch.randn(2, 3, 12, dtype=torch.float64)
    mask = (torch.arange(12) < torch.tensor([[12], [7]])).double()[:, None]
    x = x * mask
    wide, wider = nn.functional.pad(x, (0, 6)), nn.functional.pad(mask, (0, 6))
    a, m = block((x, mask))
    b, n = block((wide, wider))
    torch.testing.assert_close(b[:, :, : a.shape[2]], a)
    torch.testing.assert_close(masked_mean(b, n, 2), masked_mean(a, m, 2))


def test_a_block_is_convolution_norm_and_relu_and_keeps_padding_empty():
    block, x = Block(3, 4, 3, 2).eval(), torch.randn(2, 3, 9)
    mask = (torch.arange(9) < torch.tensor([[9], [4]])).float()[:, None]
    h, thinned = block((x * mask, mask))
    assert torch.equal(thinned, mask[:, :, ::2])
    wanted = (F.conv1d(x * mask, block.conv.weight, stride=2, padding=1) / (1 + 1e-5) ** 0.5).clamp(min=0)
    torch.testing.assert_close(h, wanted * thinned)


def test_the_mean_over_time_counts_real_frames():
    x, mask = torch.randn(2, 3, 6), torch.tensor([[1.0] * 6, [1.0, 1, 0, 0, 0, 0]])[:, None]
    found = MeanOverTime()((x, mask))
    torch.testing.assert_close(found, torch.stack([x[0].mean(1), x[1, :, :2].mean(1)]))


def test_the_net_has_two_blocks_and_sites_between():
    model = clip_job("erm", clips([9, 7, 8, 6]), model="conv1d(width=5, stride=2)").model
    assert [tuple(layer.weight.shape) for layer in model.modules() if isinstance(layer, nn.Conv1d)] == [
        (5, 3, 5), (10, 5, 3),
    ]  # fmt: skip
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 2}
    assert model.num_fixed_stages == 0
    waves = clip_job("erm", clips([900, 800, 850, 870], 1, 8000), model="conv1d(width=4, bands=12)").model
    assert waves.sites == {"wave": 0, "input": 1, "hidden": 2, "embedding": 3}
    assert waves.num_fixed_stages == 1
    assert waves.stages[1].conv.in_channels == 12
