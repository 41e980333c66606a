"""A convolution over time against torch's own."""

import pytest
import torch
from torch import nn

from mixsuite.models.line_conv import LineConv


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 5, "padding": 2},
        {"kernel_size": 3, "stride": 2, "padding": 1, "bias": False},
        {"kernel_size": 3, "padding": "same", "dilation": 2},
        {"kernel_size": 3, "groups": 2},
    ],
)
def test_it_computes_what_torch_computes_and_leaves_clips_frame_by_frame(options):
    torch.manual_seed(0)
    ours = LineConv(4, 6, **options).double()
    theirs = nn.Conv1d(4, 6, **options).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(3, 4, 17, dtype=torch.float64)
    y = x.clone().requires_grad_()
    x.requires_grad_()
    out, wanted = ours(x), theirs(y)
    torch.testing.assert_close(out, wanted, rtol=0, atol=1e-12)
    assert out.mT.is_contiguous()
    slope = torch.randn_like(wanted)
    out.backward(slope)
    wanted.backward(slope)
    torch.testing.assert_close(x.grad, y.grad, rtol=0, atol=1e-12)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=0, atol=1e-12)
