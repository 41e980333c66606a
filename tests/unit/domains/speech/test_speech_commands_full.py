"""Speech Commands read as it is needed, on made-up clips in the official layout, against the same in memory."""

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from mixsuite.domains.build import make_data
from mixsuite.domains.speech.datasets.speech_commands import SpeechCommands
from mixsuite.domains.speech.datasets.speech_commands_full import RATE, SpeechCommandsFull
from mixsuite.domains.speech.domain import Speech
from mixsuite.errors import InputError


@pytest.fixture
def root(tmp_path):
    """A miniature: three words, 8 clips each, some shorter than a second; two of each word in each list."""
    top, draws, lists = tmp_path / "SpeechCommands" / "speech_commands_v0.02", np.random.default_rng(0), ([], [])
    for word in ("bed", "cat", "yes"):
        (top / word).mkdir(parents=True)
        for number in range(8):
            length = RATE if number % 2 else 9000 + number
            wave = draws.integers(-3000, 3000, length).astype(np.int16)
            wavfile.write(top / word / f"{number:08x}_nohash_0.wav", RATE, wave)
            if number < 4:
                lists[number // 2].append(f"{word}/{number:08x}_nohash_0.wav")
    for name, chosen in zip(("validation_list.txt", "testing_list.txt"), lists, strict=True):
        (top / name).write_text("\n".join(chosen) + "\n")
    return tmp_path


def test_clips_and_masks_are_those_in_memory(root):
    held, read = (
        make_data(Speech(), dataset, dataset.load(root), 0) for dataset in (SpeechCommands(), SpeechCommandsFull())
    )
    for name, rows in (("train", 12), ("valid", 6), ("test", 6)):
        one, other = getattr(held, name), getattr(read, name)
        assert len(one) == len(other) == rows
        assert torch.equal(one.y, other.y)
        clips, masks = other.x.take(torch.arange(rows))
        assert torch.equal(clips, one.x[0])
        assert torch.equal(masks, one.x[1])
    assert read.rate == RATE


def test_a_clip_that_changes_while_it_is_read_is_refused(root):
    raw = SpeechCommandsFull().load(root)
    path = raw.x.files.path(0)
    wavfile.write(path, RATE, np.zeros(100, np.int16))
    with pytest.raises(InputError, match="was changed while it was read"):
        raw.x.read(0)
