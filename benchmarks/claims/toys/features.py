"""Measure what a network of squares has learned of each feature (Zou et al. 2023, arXiv:2303.08433; recalled)."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation import Measurement
from mixsuite.training.predict import predict


@dataclass(frozen=True)
class Features(Measurement):
    """How well a network has learned the features of the data set feature_noise.

    common, rare: test error of the rows whose first patch has the common feature, or the rare one.
    learned_common, learned_rare: max over a class's filters w of |<w, feature>|, mean over the classes.
    noise: the same for the last patch of the training rows, which is noise: mean over rows.
    """

    domains = ("./patches.py",)

    def measure(self, model, data, rng):
        rare = data.test.x[:, 0, 2:4].amax(1) > 0.5
        wrong = (predict(model, data.test).argmax(1) != data.test.y).float()
        filters = model.stages[0].weight.detach().unflatten(0, (data.classes, -1))  # [classes, m, d]
        learned = filters[:, :, :4].abs().amax(1)  # [classes, features]
        last = torch.einsum("nmd,nd->nm", filters[data.train.y], data.train.x[:, -1]).abs().amax(1)
        found = {
            "common": wrong[~rare].mean(),
            "rare": wrong[rare].mean(),
            "learned_common": (learned[0, 0] + learned[1, 1]) / 2,
            "learned_rare": (learned[0, 2] + learned[1, 3]) / 2,
            "noise": last.mean(),
        }
        return {name: float(value) for name, value in found.items()}
