"""What a model has learned of its true and its corrupted training labels (Zhang et al. 2018, section 3.4)."""

from dataclasses import dataclass

from mixsuite.evaluation.base import Measurement
from mixsuite.training.predict import predict


@dataclass(frozen=True)
class Memorised(Measurement):
    """Errors on the unmixed training rows, in evaluation mode.

    It measures:
    train:     error for the labels as trained.
    true:      error on the rows that kept their label.
    corrupted: error on the rows with a wrong label, for that label: at 0 all of them are memorised.
    """

    def measure(self, model, data, rng):
        y = data.train.y
        if data.clean_labels is None:
            return {}
        wrong, clean = predict(model, data.train).argmax(1) != y, y == data.clean_labels
        errors = {"train": wrong}
        if not clean.all():
            errors |= {"true": wrong[clean], "corrupted": wrong[~clean]}
        return {name: float(values.float().mean()) for name, values in errors.items()}
