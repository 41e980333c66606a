"""ImageNet's loader, on made-up pictures in the official layout: the set itself cannot be had here."""

import numpy as np
import pytest
from support.photos import photos

from mixsuite.data.streamed import RowReader
from mixsuite.domains.build import make_data
from mixsuite.domains.images.datasets.imagenet import Imagenet
from mixsuite.domains.images.domain import Images
from mixsuite.errors import InputError

WORDS = ("n01440764", "n01443537", "n01484850")


@pytest.fixture
def root(tmp_path):
    """A miniature: three classes, 12 training and 4 validation pictures each, of various sizes, one of them grey."""
    for part, each in (("train", 12), ("val", 4)):
        photos(tmp_path / "imagenet" / part, WORDS, each, size=(40, 30), seed=each, suffix=".JPEG")
    photos(tmp_path / "imagenet" / "train", WORDS[:1], 1, size=(24, 50), mode="L", suffix=".JPEG")
    return tmp_path


@pytest.mark.parametrize("memory", [0.0, 1.0])
def test_official_validation_pictures_are_the_test_part_and_classes_are_in_the_order_of_their_names(root, memory):
    dataset = Imagenet(size=28, memory=memory, valid=0.2)
    raw = dataset.load(root)
    assert isinstance(raw.x, RowReader) == (memory == 0.0)
    assert np.bincount(raw.split_id).tolist() == [36, 0, 12]
    assert np.bincount(raw.y).tolist() == [16, 16, 16]
    data = make_data(Images(), dataset, raw, 0)
    assert (len(data.train), len(data.valid), len(data.test), data.classes) == (29, 7, 12, 3)


def test_a_set_that_is_not_there_says_where_it_comes_from(tmp_path):
    with pytest.raises(InputError, match=r"imagenet/train/CLASS/PICTURE.png is missing; get it from image-net.org"):
        Imagenet().fingerprint(tmp_path)


def test_its_size_is_bounded():
    with pytest.raises(ValueError, match="size=1000: allowed is 4 to 512"):
        Imagenet(size=1000)
