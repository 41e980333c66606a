"""Saved data sets, as Hugging Face's own library writes them."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def hf(monkeypatch, tmp_path):
    """The library datasets, without bars and without a folder of its own outside."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf_home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    datasets.disable_progress_bars()
    yield datasets
    datasets.enable_progress_bars()


@pytest.fixture
def leaves(hf):
    """Makes a split of small grey pictures of two classes: leaves(count, seed)."""

    def make(count, seed=0, mode="L", **columns):
        draws = np.random.default_rng(seed)
        labels = [i % 2 for i in range(count)]
        shapes = [(*draws.integers(8, 14, 2), *((3,) if mode == "RGB" else ())) for _ in labels]
        pictures = [
            Image.fromarray((draws.integers(0, 60, shape) + 120 * label).astype(np.uint8))
            for shape, label in zip(shapes, labels, strict=True)
        ]
        features = {"picture": hf.Image(), "species": hf.ClassLabel(names=["oak", "ash"])}
        values = {"picture": pictures, "species": labels}
        for name, (feature, column) in columns.items():
            features[name], values[name] = feature, column
        return hf.Dataset.from_dict(values, features=hf.Features(features))

    return make
