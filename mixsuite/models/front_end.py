"""From waves to log-mel bands, and nets that treat the bands as a picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.data.state import State, map_leaves
from mixsuite.errors import InputError
from mixsuite.models.base import Staged
from mixsuite.models.masked import valid

Clip = tuple[Tensor, Tensor]


class LogMel(nn.Module):
    """Convert waves [N, 1, T] to standardised log-mel bands [N, bands, frames]: 25 ms windows every 10 ms.

    Bands are standardised over the training part, and frames outside a clip are zero. A frame is as valid as the sample
    at its centre.

    rate:  samples per second.
    bands: number of mel bands.
    train: the training part's (waves [n, 1, T], mask [n, 1, T]).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, rate: int, bands: int, train: Clip) -> None:
        super().__init__()
        from torchaudio.transforms import MelSpectrogram

        window, self.hop = rate // 40, rate // 100
        size = 2 ** (window - 1).bit_length()
        self.mel = MelSpectrogram(rate, n_fft=size, win_length=window, hop_length=self.hop, n_mels=bands)
        self.register_buffer("mean", torch.zeros(bands, 1))
        self.register_buffer("std", torch.ones(bands, 1))
        self.to(train[0].device, train[0].dtype)
        with torch.no_grad():
            pieces = [self((x, m)) for x, m in zip(train[0].split(256), train[1].split(256), strict=True)]
        x, m = (torch.cat(leaves) for leaves in zip(*pieces, strict=True))
        count = m.sum()
        self.mean = (x * m).sum((0, 2))[:, None] / count
        self.std = (((x - self.mean) * m).square().sum((0, 2))[:, None] / count).sqrt().clamp(min=1e-3)

    def forward(self, clip: Clip) -> Clip:
        """(waves [N, 1, T], mask [N, 1, T]) -> (bands [N, bands, frames], mask [N, 1, frames])."""
        wave, mask = clip
        x = torch.log(self.mel(wave[:, 0]) + 1e-6)
        frames = (torch.arange(x.shape[-1], device=x.device) * self.hop).clamp(max=mask.shape[-1] - 1)
        mask = mask[:, :, frames]
        return valid((x - self.mean) / self.std, mask), mask


class Picture(nn.Module):
    """Bands over time as a grey picture; padding is 0, the mean of each band."""

    def forward(self, clip: Clip) -> Tensor:
        """(bands [N, C, T], mask) -> [N, 1, C, T]."""
        return clip[0].unsqueeze(1)


def as_picture(data: Data, bands: int, convolutions: list[nn.Module], head: Callable[[int], list[nn.Module]]) -> Staged:
    """A net that treats the bands as a picture.

    head: number of values in the last map -> the last layers; the site ``embedding`` is behind the first of them.
    """
    assert isinstance(data.train.x, tuple)
    clip = (data.train.x[0], data.train.x[1])
    front = [LogMel(data.rate, bands, clip)] if data.rate else []
    first, *rest = convolutions
    stages = [*front, nn.Sequential(Picture(), first), nn.Sequential(*rest, nn.Flatten())]
    hidden, *last = head(_size(stages, clip))
    k = len(front)
    sites = ({"wave": 0} if front else {}) | {"input": k, "hidden": k + 1, "embedding": k + 3}
    return Staged([*stages, hidden, nn.Sequential(*last)], sites, num_fixed_stages=k)


def _size(stages: list[nn.Module], clip: Clip) -> int:
    """The number of values that come out of stages for one clip; the stages stay as they are.

    Raises:
        InputError: the clip is too small for the stages.
    """
    h: State = (clip[0][:1], clip[1][:1])
    try:
        with torch.no_grad():
            for stage in stages:
                weight = next(stage.parameters(), None)
                if weight is not None:  # the weights are still on the host, and in single precision
                    h = map_leaves(partial(Tensor.to, device=weight.device, dtype=weight.dtype), h)
                h = stage.eval()(h)
                stage.train()
    except RuntimeError as error:
        message = " ".join(str(error).split())
        raise InputError(f"clips of {list(clip[0].shape[1:])} are too small for this model: {message}") from None
    assert isinstance(h, Tensor)
    return h.shape[1]
