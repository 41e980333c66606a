"""Speech: clips of unequal length [N, C, T] with a validity mask [N, 1, T]. Sites: wave (where there are
waves), input (cepstra or log-mel bands), hidden, embedding.

Padding and mixing: clips are padded with zeros at the end to the longest of the data set, the mask says
which frames are real. Mixing mixes clip and mask alike, so a mixed mask is soft: norms and the mean over
time count each frame by its validity, sum(h m) / sum(m), and frames in neither clip stay zero.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains.contract import Data, Domain, Encoded, Raw, Staged, State
from mixsuite.domains.layers import MaskedBatchNorm, masked_mean, valid
from mixsuite.errors import InputError

Clip = tuple[Tensor, Tensor]


class LogMel(nn.Module):
    """Waves [N, 1, T] to standardised log-mel bands [N, bands, frames]: 25 ms windows every 10 ms.

    Bands are standardised by the training part; frames in no clip are zero. A frame's validity is that of
    the sample at its centre.
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
        wave, mask = clip
        x = torch.log(self.mel(wave[:, 0]) + 1e-6)
        frames = (torch.arange(x.shape[-1], device=x.device) * self.hop).clamp(max=mask.shape[-1] - 1)
        mask = mask[:, :, frames]
        return valid((x - self.mean) / self.std, mask), mask


class Block(nn.Module):
    """Convolution over time, masked BatchNorm, ReLU. A stride keeps every so many frames."""

    def __init__(self, fan_in: int, fan_out: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv1d(fan_in, fan_out, size, stride, size // 2, bias=False)
        self.norm = MaskedBatchNorm(fan_out, axis=1)

    def forward(self, clip: Clip) -> Clip:
        x, mask = clip
        mask = mask[:, :, :: self.stride]
        return valid(torch.relu(self.norm(self.conv(x), mask)), mask), mask


class MeanOverTime(nn.Module):
    """[N, C, T] and its mask to [N, C]."""

    def forward(self, clip: Clip) -> Tensor:
        return masked_mean(*clip, axis=2)


def conv1d(
    data: Data, *, dropout: float, width: PositiveInt = 32, stride: PositiveInt = 1, bands: PositiveInt = 40
) -> Staged:
    """Two blocks over time (sizes 5 and 3, ``width`` and twice that), mean over time, one Linear.

    Waves pass a log-mel front end of ``bands`` first. ``stride`` thins the frames in the first block.
    """
    assert isinstance(data.train.x, tuple)
    clip = (data.train.x[0], data.train.x[1])
    front = [LogMel(data.rate, bands, clip)] if data.rate else []
    channels = bands if data.rate else clip[0].shape[1]
    stages = [
        *front,
        Block(channels, width, 5, stride),
        nn.Sequential(Block(width, 2 * width, 3), MeanOverTime()),
        nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, data.classes)),
    ]
    k = len(front)
    sites = ({"wave": 0} if front else {}) | {"input": k, "hidden": k + 1, "embedding": k + 2}
    return Staged(stages, sites, fixed=k)


class Picture(nn.Module):
    """Bands over time as a grey picture, [N, C, T] to [N, 1, C, T]; padding is 0, the mean of each band."""

    def forward(self, clip: Clip) -> Tensor:
        return clip[0].unsqueeze(1)


def _as_picture(
    data: Data, bands: int, convolutions: list[nn.Module], head: Callable[[int], list[nn.Module]]
) -> Staged:
    """A net that looks at the bands as at a picture. head: numbers in the last map -> the layers behind the first
    of which stands the site ``embedding``."""
    assert isinstance(data.train.x, tuple)
    clip = (data.train.x[0], data.train.x[1])
    front = [LogMel(data.rate, bands, clip)] if data.rate else []
    first, *rest = convolutions
    stages = [*front, nn.Sequential(Picture(), first), nn.Sequential(*rest, nn.Flatten())]
    hidden, *last = head(_size(stages, clip))
    k = len(front)
    sites = ({"wave": 0} if front else {}) | {"input": k, "hidden": k + 1, "embedding": k + 3}
    return Staged([*stages, hidden, nn.Sequential(*last)], sites, fixed=k)


def _size(stages: list[nn.Module], clip: Clip) -> int:
    """Numbers that come out of stages for one clip; the stages stay as they are.

    Raises:
        InputError: the clip is too small for them.
    """
    h: State = (clip[0][:1], clip[1][:1])
    try:
        with torch.no_grad():
            for stage in stages:
                h = stage.eval()(h)
                stage.train()
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise InputError(f"clips of {list(clip[0].shape[1:])} are too small for this model: {said}") from None
    assert isinstance(h, Tensor)
    return h.shape[1]


def lenet(
    data: Data, *, dropout: float, channels: PositiveInt = 20, units: PositiveInt = 1000, bands: PositiveInt = 40
) -> Staged:
    """Two 5x5 convolutions without a norm, each pooled by 2 before its ReLU, and two Linear layers, over the bands as a
    picture (Zhang et al. 2018, section 3.3, give its name; layers as such nets commonly have them)."""

    def block(fan_in: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(fan_in, channels, 5), nn.MaxPool2d(2), nn.ReLU())

    def head(size: int) -> list[nn.Module]:
        return [nn.Sequential(nn.Linear(size, units), nn.ReLU()), nn.Dropout(dropout), nn.Linear(units, data.classes)]

    return _as_picture(data, bands, [block(1), block(channels)], head)


def vgg(data: Data, *, dropout: float, width: PositiveInt = 64, bands: PositiveInt = 40) -> Staged:
    """VGG-11 with BatchNorm (Simonyan and Zisserman 2015, arXiv:1409.1556, configuration A) over the bands as a
    picture, then two Linear layers. ``width`` channels in the first block, up to eight times as many behind."""
    widths = [1, *(width * times for times in (1, 2, 4, 4, 8, 8, 8, 8))]
    pooled = (True, True, False, True, False, True, False, True)
    blocks: list[nn.Module] = []
    for (fan_in, fan_out), pool in zip(pairwise(widths), pooled, strict=True):
        layers = [nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False), nn.BatchNorm2d(fan_out), nn.ReLU()]
        blocks.append(nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else [])))

    def head(size: int) -> list[nn.Module]:
        return [nn.Linear(size, 8 * width), nn.Dropout(dropout), nn.Linear(8 * width, data.classes)]

    return _as_picture(data, bands, blocks, head)


class Speech(Domain):
    """Clips. Cepstra are standardised per channel over the training part's frames; waves are left as they are."""

    requires = ("torchaudio",)
    step_seconds = 4e-3
    block = 4

    @property
    def models(self) -> dict[str, Callable[..., Staged]]:
        return {"conv1d": conv1d, "lenet": lenet, "vgg": vgg}

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """raw.x, n arrays [C, T] -> (clips [n, C, T], mask [n, 1, T])."""
        lengths = np.array([clip.shape[1] for clip in raw.x])
        if not lengths.all():
            raise InputError(f"clip {int(np.argmin(lengths))} has no frames")
        clips = raw.x[rows]
        x = np.zeros((len(rows), clips[0].shape[0], lengths.max()), dtype=np.float32)
        for place, clip in enumerate(clips):
            x[place, :, : clip.shape[1]] = clip
        mask = (np.arange(lengths.max()) < lengths[rows][:, None])[:, None]
        if raw.rate is None:
            frames = np.concatenate([clips[i] for i in train], axis=1)
            mean, std = frames.mean(1, dtype=np.float64), frames.std(1, dtype=np.float64)
            x = (x - mean[:, None]) / np.where(std > 0, std, 1)[:, None] * mask
        return Encoded((torch.from_numpy(x.astype(np.float32)), torch.from_numpy(mask.astype(np.float32))))
