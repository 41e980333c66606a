"""TrivialAugment (Mueller and Hutter 2021, arXiv:2103.10158)."""

from dataclasses import dataclass

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.images.eight_bit import Range, each_row


@dataclass(frozen=True)
class TrivialAugment(Augmentation):
    """torchvision's wide form: one operation of a strength of its own for each row. On the CPU, row by row."""

    domains = ("images",)
    requires = ("torchvision",)

    def prepare(self, data):
        """The range of the training part's pixels."""
        return Range.of(data)

    def augment(self, x, rng, seen):
        """Rows [B, C, H, W], C being 1 or 3."""
        from torchvision.transforms.v2 import TrivialAugmentWide as Transform

        return each_row(Transform(), x, rng.uniform(len(x), kind="trivial_augment"), seen)
