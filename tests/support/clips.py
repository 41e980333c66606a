"""Made-up clips and jobs on them."""

import numpy as np
import torch
from support.models import model_of

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset
from mixsuite.domains.build import make_data, make_model
from mixsuite.domains.speech.domain import Speech
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.plugins.validate import check_model
from mixsuite.training.job import Job
from mixsuite.training.recipe import Recipe


class ToyClips(Dataset):
    domain = "speech"
    classes = 2

    def load(self, root):
        raise NotImplementedError


def clips(lengths, channels=3, rate=None):
    """Clips of noise: cepstra, or with a rate waves."""
    draws = np.random.default_rng(0)
    x = np.empty(len(lengths), dtype=object)
    x[:] = [draws.normal(size=(channels, t)).astype(np.float32) * 0.1 for t in lengths]
    return Raw(x, np.arange(len(lengths)) % 2, rate=rate)


def clip_job(method, raw, dtype=torch.float32, model="conv1d(width=4)", **values):
    """A run on made-up clips."""
    given = {"model": model, "optimizer": "sgd", "lr": 0.1, "steps": 8, "batch": 4} | values
    recipe = check_model(Recipe, given, "test")
    data = make_data(Speech(), ToyClips(), raw, 0, dtype=dtype)
    network = make_model(model_of(recipe), data, 0)
    return Job("speech", data, network, make_method(resolve_method(method)), recipe, 0)
