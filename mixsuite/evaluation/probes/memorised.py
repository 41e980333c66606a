"""What a model has learned of its training labels, true ones and corrupted ones (Zhang et al. 2018, section 3.4)."""

from dataclasses import dataclass

from mixsuite.evaluation.base import Measurement
from mixsuite.training.predict import predict


@dataclass(frozen=True)
class Memorised(Measurement):
    """Errors on the training rows as they are, unmixed, in evaluation mode.

    train:     against the labels as trained.
    true:      of the rows whose label was kept, against it.
    corrupted: of the rows whose label was replaced by another one, against that one: 0 is memorised wholly.
    """

    def measure(self, model, data, rng):
        y = data.train.y
        if data.clean_labels is None:
            return {}
        wrong, kept = predict(model, data.train).argmax(1) != y, y == data.clean_labels
        found = {"train": wrong}
        if not kept.all():
            found |= {"true": wrong[kept], "corrupted": wrong[~kept]}
        return {name: float(values.float().mean()) for name, values in found.items()}
