"""How clips are padded and standardised."""

import numpy as np
import pytest
import torch
from support.clips import clips

from mixsuite.domains.speech.domain import Speech
from mixsuite.errors import InputError


def test_clips_are_padded_to_the_longest_and_standardised_over_real_frames():
    raw = clips([4, 9, 6, 5])
    (x, mask), *_ = Speech().encode(raw, np.arange(4), np.array([0, 2]))
    assert x.shape == (4, 3, 9)
    assert mask[:, 0].sum(1).tolist() == [4, 9, 6, 5]
    assert x[0, :, 4:].eq(0).all()
    frames = torch.cat([x[0, :, :4], x[2, :, :6]], dim=1)
    torch.testing.assert_close(frames.mean(1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(frames.std(1, correction=0), torch.ones(3), atol=1e-5, rtol=0)
    some, *_ = Speech().encode(raw, np.array([0, 2]), np.array([0, 1]))
    assert some[0].shape == (2, 3, 9)  # the size is the data set's, not the split's


def test_a_clip_without_frames_is_refused():
    with pytest.raises(InputError, match="clip 1 has no frames"):
        Speech().encode(clips([4, 0, 3]), np.arange(3), np.arange(3))


def test_waves_are_left_as_they_are():
    raw = clips([4, 9, 6], channels=1, rate=8000)
    (x, mask), *_ = Speech().encode(raw, np.arange(3), np.array([0]))
    for place, clip in enumerate(raw.x):
        assert torch.equal(x[place, :, : clip.shape[1]], torch.from_numpy(clip))
        assert x[place, :, clip.shape[1] :].eq(0).all()
        assert int(mask[place].sum()) == clip.shape[1]


def test_a_channel_of_one_value_is_not_divided_by_zero():
    raw = clips([4, 5])
    for clip in raw.x:
        clip[1] = 2.0
    (x, _), *_ = Speech().encode(raw, np.arange(2), np.arange(2))
    assert x[:, 1].eq(0).all()
    assert x.isfinite().all()
