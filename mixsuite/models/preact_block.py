"""The block of pre-activation residual nets."""

from __future__ import annotations

from torch import Tensor, nn


class PreactBlock(nn.Module):
    """BatchNorm, ReLU, 3x3 convolution, twice, and a shortcut: of 1x1 where size or channels change.

    Such a shortcut starts behind the first norm and ReLU, as He et al. have it.
    """

    def __init__(self, fan_in: int, fan_out: int, stride: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(fan_in), nn.BatchNorm2d(fan_out)
        self.conv1 = nn.Conv2d(fan_in, fan_out, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(dropout)
        alike = fan_in == fan_out and stride == 1
        self.shortcut = None if alike else nn.Conv2d(fan_in, fan_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, D, H / stride, W / stride]."""
        h = self.norm1(x).relu()
        past = x if self.shortcut is None else self.shortcut(h)
        out: Tensor = self.conv2(self.dropout(self.norm2(self.conv1(h)).relu())) + past
        return out
