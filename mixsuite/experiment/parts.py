"""The objects that a task names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.base import Dataset, Domain
from mixsuite.models.base import Model
from mixsuite.models.saved_weights import SavedWeights
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.schedule import Schedule


@dataclass(frozen=True)
class Parts:
    """The objects that a task names.

    augment: augmentations, one after another.
    weights: what the model starts from; None: initial weights drawn by the seed.
    """

    dataset: Dataset
    domain: Domain
    model: Model
    optimizer: Optimizer
    schedule: Schedule
    augment: tuple[Augmentation, ...] = ()
    weights: SavedWeights | None = None

    @property
    def requires(self) -> tuple[str, ...]:
        """Packages that the parts import."""
        named: tuple[Any, ...] = (self.domain, self.dataset, self.model, self.optimizer, *self.augment)
        return tuple(package for part in named for package in type(part).requires)
