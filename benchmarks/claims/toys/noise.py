"""The noise from which a generator makes points, drawn anew at every step."""

from dataclasses import dataclass

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class Noise(Augmentation):
    """The noise beside each point is replaced by new normal draws."""

    def augment(self, x, rng, seen):
        """Rows (points [B, 2], noise [B, 2])."""
        point, noise = x
        return point, rng.normal(*noise.shape, kind="noise")
