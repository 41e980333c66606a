"""RandAugment (Cubuk, Zoph, Shlens and Le 2019, arXiv:1909.13719)."""

from dataclasses import dataclass

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.images.eight_bit import Range, each_row


@dataclass(frozen=True)
class RandAugment(Augmentation):
    """torchvision's: ``ops`` operations, drawn anew for each row, all of one strength. On the CPU, row by row.

    ops:       operations a row (N in the paper).
    magnitude: their strength, below 31 (M in the paper).
    """

    ops: int = 2
    magnitude: int = 9

    domains = ("images",)
    requires = ("torchvision",)

    def __post_init__(self):
        if not 0 <= self.ops <= 16:
            raise ValueError(f"ops={self.ops}: allowed is 0 to 16")
        if not 0 <= self.magnitude <= 30:
            raise ValueError(f"magnitude={self.magnitude}: allowed is 0 to 30")

    def prepare(self, data):
        """The range of the training part's pixels."""
        return Range.of(data)

    def augment(self, x, rng, seen):
        """Rows [B, C, H, W], C being 1 or 3."""
        from torchvision.transforms.v2 import RandAugment as Transform

        return each_row(Transform(self.ops, self.magnitude), x, rng.uniform(len(x), kind="rand_augment"), seen)
