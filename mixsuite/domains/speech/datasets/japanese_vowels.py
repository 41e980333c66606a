"""Japanese vowels as cepstra, to tell nine speakers apart; shipped beside this file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class JapaneseVowels(Dataset):
    """640 utterances of two vowels by nine men: 12 cepstra per frame, 7 to 29 frames; official test part."""

    domain = "speech"
    classes = 9
    recipe = "vowels_conv"
    source = "UCI Japanese Vowels, shipped beside the loader"
    licence = "CC BY 4.0 (UCI)"
    reference = "Kudo, Toyama and Shimbo 1999, UCI Japanese Vowels"
    sha256 = {"*": "6dbb6350d83571dc"}

    def files(self, root):
        folder = Path(__file__).with_name("japanese_vowels_files")
        return [folder / f"JapaneseVowels_{part}.ts" for part in ("TRAIN", "TEST")]

    def load(self, root):
        clips, labels, part = [], [], []
        for number, path in zip((0, 2), self.files(root), strict=True):
            lines = path.read_text(encoding="utf-8").split("@data\n")[1].splitlines()
            for line in filter(None, lines):
                *channels, label = line.split(":")
                clips.append(np.array([c.split(",") for c in channels], dtype=np.float32))  # [12, T]
                labels.append(int(label) - 1)
                part.append(number)
        x = np.empty(len(clips), dtype=object)
        x[:] = clips
        return Raw(x, np.array(labels), np.array(part))
