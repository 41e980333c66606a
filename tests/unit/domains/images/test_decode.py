"""Pictures as torchvision decodes them, against PIL."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from support.photos import photos

from mixsuite.domains.images import decode as module
from mixsuite.domains.images.decode import check_size, decoded, read_picture, stacked
from mixsuite.errors import InputError


def by_pil(path, size, fit):
    _, picture = read_picture(path, size, path, fit)
    return torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("fit", "size"), [("squash", 8), ("squash", 24), ("crop", 8), ("crop", 30)])
def test_pictures_are_pils_up_to_rounding(tmp_path, mode, fit, size, suffix):
    (path,) = photos(tmp_path, ["a"], 1, mode=mode, suffix=suffix)
    grey, pixels = decoded(path, size, fit)
    assert (grey, pixels.shape, pixels.dtype) == (mode == "L", (3, size, size), torch.uint8)
    torch.testing.assert_close(pixels.int(), by_pil(path, size, fit).int(), rtol=0, atol=2)


def test_a_picture_of_its_own_size_is_pils_to_the_bit(tmp_path):
    (path,) = photos(tmp_path, ["a"], 1, size=(16, 16))
    assert torch.equal(decoded(path, 16, "squash")[1], by_pil(path, 16, "squash"))


def test_a_very_long_picture_takes_no_more_memory_than_it_has_pixels(tmp_path):
    Image.fromarray(np.zeros((1, 20000, 3), np.uint8)).save(tmp_path / "a.jpg")
    assert decoded(tmp_path / "a.jpg", 224, "crop")[1].shape == (3, 224, 224)


def test_too_little_memory_is_no_damage(tmp_path, monkeypatch):
    path, *_ = photos(tmp_path, ["a"], 1)

    def full(*given):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 11 GB")

    monkeypatch.setattr(module, "_jpeg", full)
    with pytest.raises(RuntimeError, match="allocate"):
        decoded(path, 8, "squash")


def test_a_crop_is_the_middle_of_the_picture_224_of_256_of_its_shorter_side(tmp_path):
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 36:92] = 255  # of 128 columns; 56 are kept
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert bool((decoded(tmp_path / "a.png", 56, "crop")[1] == 255).all())
    assert not bool((decoded(tmp_path / "a.png", 56, "squash")[1] == 255).all())


def test_what_is_no_whole_picture_is_refused_in_a_line(tmp_path):
    path, *_ = photos(tmp_path, ["a"], 1)
    content = path.read_bytes()
    for cut in (len(content) - 2, len(content) // 2, 30, 0):
        path.write_bytes(content[:cut])
        for read in (lambda: decoded(path, 8, "squash"), lambda: read_picture(path, 8, path)):
            with pytest.raises(InputError, match=r"000.jpg: cannot be read as a picture: [^\n]+$"):
                read()
    Image.fromarray(np.full((8, 8), 30000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(InputError, match=r"deep.png: its mode is I;16; convert it to 8 bits"):
        decoded(tmp_path / "deep.png", 8, "squash")
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")
    with pytest.raises(InputError, match="cannot identify image file"):
        decoded(path, 8, "squash")


def test_a_picture_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path, *_ = photos(tmp_path, ["a"], 1)
    for read in (lambda: decoded(path, 8, "squash"), lambda: read_picture(path, 8, path)):
        with pytest.raises(InputError, match="decompression bomb"):
            read()


def test_colours_that_torchvision_would_read_otherwise_are_pils(tmp_path):
    path, *_ = photos(tmp_path, ["a"], 1, mode="CMYK")
    assert torch.equal(decoded(path, 8, "squash")[1], by_pil(path, 8, "squash"))


def test_pictures_are_grey_if_all_are(tmp_path):
    grey = [read_picture(path, 8, path) for path in photos(tmp_path / "l", ["a"], 2, mode="L")]
    colour = [read_picture(io.BytesIO(path.read_bytes()), 8, path) for path in photos(tmp_path / "rgb", ["a"], 1)]
    assert stacked(grey).shape == (2, 8, 8)
    assert stacked([*grey, *colour]).shape == (3, 8, 8, 3)
    for size in (3, 513):
        with pytest.raises(ValueError, match=f"size={size}: allowed is 4 to 512"):
            check_size(size)
