"""Your own sounds in class folders, sounds:PATH."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.base import own_path
from mixsuite.domains.class_folders import (
    LEFT,
    PICTURES,
    SOUNDS,
    class_files,
    classes_of,
    missing_files,
    refuse_links,
)
from mixsuite.domains.speech.datasets._sound import rate_of, read_sound
from mixsuite.errors import InputError

_OTHERS = (".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".wma", ".aif", ".aiff", ".au", ".sph", ".amr")


@dataclass(frozen=True)
class Sounds(Dataset):
    """Your own sounds as PATH/CLASS/any.wav or .flac, or split as PATH/train/CLASS/.., PATH/test/CLASS/.. (and valid).

    Classes are numbered in the order of their names. Channels are averaged. Shorter clips are padded, with a mask.

    path:    the folder, as in sounds:data/birds.
    rate:    samples per second at which all files are read (polyphase filter); None: theirs, which must be one.
    seconds: longer clips are cut off at this length; None: none is.
    """

    path: str
    rate: int | None = None
    seconds: float | None = None

    domain = "speech"
    recipe = "waves_conv"
    arguments = ("path",)
    requires = ("soundfile",)
    source = "a folder of your own"
    licence = "the folder's own"

    def __post_init__(self):
        super().__post_init__()
        if self.rate is not None and not 1_000 <= self.rate <= 384_000:
            raise ValueError(f"rate={self.rate}: allowed is 1000 to 384000, or None for the files' own")
        if self.seconds is not None and not 0.05 <= self.seconds <= 600:
            raise ValueError(f"seconds={self.seconds}: allowed is 0.05 to 600, or None for whole clips")

    def files(self, root):
        top = own_path(self.path)
        refuse_links(top, SOUNDS)
        paths = class_files(top, SOUNDS)
        for folder in sorted({path.parent for path in paths if path.is_file()}):
            for path in sorted(folder.iterdir()):
                if path.suffix.lower() in _OTHERS and not path.name.startswith(LEFT):
                    raise InputError(f"{path}: is not read; convert it to WAV or FLAC, or put it elsewhere")
        return paths

    def missing(self, path):
        return missing_files(self.path, own_path(self.path), path, SOUNDS, PICTURES)

    def load(self, root):
        files = self.files(root)
        y, part = classes_of(own_path(self.path), files, SOUNDS, root)
        rates = [rate_of(path) for path in files]
        other = next((place for place, rate in enumerate(rates) if rate != rates[0]), None)
        if self.rate is None and other is not None:
            raise InputError(
                f"{files[0]} has {rates[0]} samples per second and {files[other]} has {rates[other]}; "
                f"say at which rate all are read, as in (rate={min(rates)})"
            )
        rate = self.rate or rates[0]
        end = None if self.seconds is None else int(self.seconds * rate)
        x = np.empty(len(files), dtype=object)
        for i, path in enumerate(files):
            x[i] = read_sound(path, rate)[None, :end]  # [1, T]
        return Raw(x, y, part, rate=rate)
