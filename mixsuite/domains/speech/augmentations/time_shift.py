"""Clips moved in time."""

from dataclasses import dataclass

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.speech.shift import lengths_of, moved


@dataclass(frozen=True)
class TimeShift(Augmentation):
    """Each clip is moved by up to a share of its own length, either way; what leaves it is lost, zeros move in.

    share: the largest move (100 ms of a clip of one second is a usual one for single words; our choice).
    """

    share: float = 0.1

    domains = ("speech",)

    def __post_init__(self):
        if not 0 <= self.share < 1:
            raise ValueError(f"share={self.share}: allowed is from 0 to below 1")

    def augment(self, x, rng, seen):
        """Rows (clips [B, C, T], mask [B, 1, T]); the mask stays."""
        clips, mask = x
        move = (2 * rng.uniform(len(clips), kind="time_shift") - 1) * self.share * lengths_of(mask)
        return moved(clips, mask, move.round().long()), mask
