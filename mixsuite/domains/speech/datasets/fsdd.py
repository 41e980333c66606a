"""Spoken digits as waves, from the data root; official test part."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.speech.datasets._wave import read_wave


@dataclass(frozen=True)
class Fsdd(Dataset):
    """3,000 recordings of ten digits by six speakers, 8 kHz; official test part.

    File names are digit_speaker_index.wav; index 0 to 4 is the official test part.

    seconds: longer clips are cut off at this length.
    """

    seconds: float = 1.0

    domain = "speech"
    classes = 10
    recipe = "waves_conv"
    source = "the Jakobovski/free-spoken-digit-dataset repository, v1.0.10 (its recordings in FSDD/recordings)"
    licence = "CC BY-SA 4.0"
    reference = "Jackson et al., Free Spoken Digit Dataset"
    sha256 = {"*": "9336e80d8cb37b0f"}

    def __post_init__(self):
        super().__post_init__()
        if not 0.1 <= self.seconds <= 10:
            raise ValueError(f"seconds={self.seconds}: allowed is 0.1 to 10")

    def files(self, root):
        folder = root / "FSDD" / "recordings"
        return sorted(folder.glob("*.wav")) or [folder / "0_george_0.wav"]

    def load(self, root):
        paths = self.files(root)
        x = np.empty(len(paths), dtype=object)
        y, part = np.empty(len(paths), dtype=np.int64), np.empty(len(paths), dtype=np.int64)
        for i, path in enumerate(paths):
            digit, _, index = path.stem.split("_")
            x[i] = read_wave(path, 8000)[None, : int(self.seconds * 8000)]  # [1, T]
            y[i], part[i] = int(digit), 2 if int(index) < 5 else 0
        return Raw(x, y, part, rate=8000)
