"""Clips that begin earlier or later."""

from dataclasses import dataclass

from mixsuite.domains.speech.shift import lengths_of, moved
from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require


@dataclass(frozen=True)
class TimeShift(Probe):
    """Each clip is moved within its own length, by an amount drawn uniformly.

    What leaves the clip is lost, and zeros come in: silence, or the mean frame of standardised cepstra.

    share: the furthest that a clip is moved each way, as a share of its length.
    """

    share: float = 0.1

    domains = ("speech",)

    def __post_init__(self):
        require(0 <= self.share <= 1, "share", self.share, "0 to 1")

    def disturb(self, x, rows):
        clip, mask = x
        reach = (self.share * lengths_of(mask)).floor()
        u = rows.rng.uniform(len(clip), kind="probe shift")
        return moved(clip, mask, (((2 * reach + 1) * u).floor() - reach).long()), mask
