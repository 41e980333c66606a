"""Encode clips as [N, C, T] with a validity mask [N, 1, T].

Clips are padded with zeros at the end to the length of the data set's longest; the mask says which frames are real.
Clip and mask are mixed alike, so a mixed mask is soft. Norms and the mean over time count each frame by its validity,
sum(h m) / sum(m), and frames in neither clip stay zero.
"""

from __future__ import annotations

import numpy as np
import torch

from mixsuite.data.rows import Raw
from mixsuite.data.streamed import RowReader, Streamed
from mixsuite.domains.base import Domain, Encoded
from mixsuite.errors import InputError

_WAVE = 1000  # frames of one or two channels that are samples of a wave rather than a curve of one feature
_LOUDEST = 100.0  # far beyond full scale, which is 1: such numbers are a sound card's integers


class SpeechAdapter(Domain):
    """Clips. Cepstra are standardised per channel over the training part's frames; waves stay as they are."""

    requires = ("torchaudio",)
    step_seconds = 4e-3
    block = 4

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Encode n arrays [C, T] as (clips [n, C, T], mask [n, 1, T]).

        Raises:
            InputError: a clip has no frames or another form, or clips look like waves and have no rate.
        """
        if isinstance(raw.x, RowReader):  # waves of one length, with their masks
            return Encoded(Streamed(raw.x, rows))
        shapes = [np.shape(clip) for clip in raw.x]
        odd = next((place for place, shape in enumerate(shapes) if len(shape) != 2 or shape[0] != shapes[0][0]), None)
        if odd is not None:
            raise InputError(f"clip {odd} is {list(shapes[odd])}; clips are [C, T], with one C for all")
        lengths = np.array([shape[1] for shape in shapes])
        if not lengths.all():
            raise InputError(f"clip {int(np.argmin(lengths))} has no frames")
        if raw.rate is None and shapes[0][0] <= 2 and np.median(lengths) >= _WAVE:
            raise InputError("clips of one or two channels and so many samples are waves: load() must give Raw(rate=)")
        if raw.rate is not None:
            _check_waves(raw.x)
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


def _check_waves(clips: np.ndarray) -> None:
    """Refuse waves that are not scaled: the front end's floor is meant for numbers within -1 and 1.

    Raises:
        InputError: a clip holds integers, or numbers far beyond full scale.
    """
    for place, clip in enumerate(clips):
        wave = np.asarray(clip)
        if wave.dtype.kind != "f" or np.abs(wave).max() > _LOUDEST:
            what = wave.dtype.name if wave.dtype.kind != "f" else f"numbers up to {np.abs(wave).max():.4g}"
            raise InputError(f"clip {place} has {what}: waves are within -1 and 1 (16-bit integers divided by 32768)")
