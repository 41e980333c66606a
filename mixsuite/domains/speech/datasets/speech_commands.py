"""Spoken command words as waves, from the data root, split by the lists beside the clips."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.speech.datasets._wave import read_wave
from mixsuite.errors import InputError


@dataclass(frozen=True)
class SpeechCommands(Dataset):
    """Speech Commands v0.02 from the data root: one-second clips of command words, 16 kHz.

    validation_list.txt and testing_list.txt give the validation and test parts. If the folder holds a subset with its
    own lists, report results under that subset's name.
    """

    domain = "speech"
    recipe = "commands_conv"
    requires = ("torchaudio",)
    source = "Google, Speech Commands v0.02 (in SpeechCommands/speech_commands_v0.02)"
    licence = "CC BY 4.0"
    reference = "Warden 2018, arXiv:1804.03209"

    def files(self, root):
        folder = root / "SpeechCommands" / "speech_commands_v0.02"
        lists = [folder / "validation_list.txt", folder / "testing_list.txt"]
        return lists + sorted(folder.glob("*/*_nohash_*.wav"))

    def fetch(self, root):
        from torchaudio.datasets import SPEECHCOMMANDS

        SPEECHCOMMANDS(root, url="speech_commands_v0.02", download=True)

    def load(self, root):
        paths, y, part = recordings(root)
        x = np.empty(len(paths), dtype=object)
        x[:] = [read_wave(path, 16000)[None, :16000] for path in paths]  # [1, T]
        return Raw(x, y, part, rate=16000)


def recordings(root):
    """(paths of the clips, class numbers [n] in the order of words, parts [n]: 0 training, 1 validation, 2 testing).

    Raises:
        InputError: a clip stands in two parts.
    """
    from torchaudio.datasets import SPEECHCOMMANDS

    paths, words, part = [], [], []
    seen = set()
    for number, subset in enumerate(("training", "validation", "testing")):
        found = SPEECHCOMMANDS(root, url="speech_commands_v0.02", download=False, subset=subset)
        for i in range(len(found)):
            path, _, word, *_ = found.get_metadata(i)
            if word.startswith("."):  # a folder that a system has left
                continue
            if path in seen:
                raise InputError(f"{path} stands in validation_list.txt and in testing_list.txt")
            seen.add(path)
            paths.append(root / "SpeechCommands" / path)
            words.append(word)
            part.append(number)
    return paths, np.unique(words, return_inverse=True)[1], np.array(part)
