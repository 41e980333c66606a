"""Folders of made-up JPEGs."""

import numpy as np
from PIL import Image


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
