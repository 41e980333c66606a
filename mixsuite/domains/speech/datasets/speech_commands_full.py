"""Speech Commands as a whole, read as it is needed."""

from dataclasses import dataclass

import numpy as np
import torch

from mixsuite.domains import Raw
from mixsuite.domains.file_rows import FileRows, Files
from mixsuite.domains.speech.datasets._wave import read_wave
from mixsuite.domains.speech.datasets.speech_commands import SpeechCommands, recordings

RATE = 16_000


@dataclass(frozen=True, eq=False)
class Clips(FileRows):
    """Clips of one second, read at need."""

    def read(self, row):
        """(wave [1, RATE], mask [1, RATE]); shorter clips are padded at the end."""
        wave = read_wave(self.files.path(row), RATE)[:RATE]
        clip, mask = torch.zeros(2, 1, RATE)
        clip[0, : len(wave)], mask[0, : len(wave)] = torch.from_numpy(np.ascontiguousarray(wave)), 1.0
        return clip, mask


@dataclass(frozen=True)
class SpeechCommandsFull(SpeechCommands):
    """Speech Commands v0.02 in its official layout: 105,829 one-second clips of 35 words, 16 kHz, in 6 GiB of numbers.

    Clips are read from the data root as they are needed. The parts are those of validation_list.txt and
    testing_list.txt, as speech_commands has them.
    """

    recipe = "commands_conv"

    def load(self, root):
        paths, y, part = recordings(root)
        return Raw(Clips(Files.of(paths, root / "SpeechCommands", self.fingerprint(root))), y, part, rate=RATE)
