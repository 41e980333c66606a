"""Folders of made-up JPEGs, and jobs on them."""

import numpy as np
import torch
from PIL import Image
from support.augmentations import augmentations
from support.models import model_of

from mixsuite.domains.build import make_data, make_model
from mixsuite.domains.images.datasets.folder import Folder
from mixsuite.domains.images.domain import Images
from mixsuite.evaluation.scores import error_or_rmse
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.plugins.validate import check_model
from mixsuite.training.job import Job
from mixsuite.training.recipe import Recipe


def photos(top, classes=("a", "b", "c"), each=8, size=(20, 16), mode="RGB", seed=0, suffix=".jpg"):
    """Pictures of noise in class folders, each class with a colour of its own; their paths."""
    draws, paths = np.random.default_rng(seed), []
    for number, name in enumerate(classes):
        (top / name).mkdir(parents=True, exist_ok=True)
        for count in range(each):
            pixels = draws.integers(0, 120, (size[1], size[0], 3))
            pixels[..., number % 3] += 100
            path = top / name / f"{count:03d}{suffix}"
            Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(path)
            paths.append(path)
    return paths


def photo_data(folder, memory, readers=0, device="cpu"):
    """The pictures in folder/set, split by seed 0, in float64."""
    dataset = Folder(str(folder / "set"), size=16, memory=memory)
    return make_data(Images(), dataset, dataset.load(folder), 0, device, dtype=torch.float64, readers=readers)


def photo_job(folder, method, memory, readers=0, select="last", device="cpu", **values):
    """A run in float64 on the pictures in folder/set."""
    given = {"model": "conv(width=4)", "optimizer": "sgd", "lr": 0.05, "steps": 12, "batch": 8, "precision": "float64"}
    recipe = check_model(Recipe, given | {"augment": "crop+flip"} | values, "test")
    data = photo_data(folder, memory, readers, device)
    model = make_model(model_of(recipe), data, 0)
    made, augment = make_method(resolve_method(method)), augmentations(recipe.augment)
    return Job("images", data, model, made, recipe, 0, select, augment, score=error_or_rmse)
