"""A part of each picture, resized to the whole: against PIL's, and within the picture."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from support.augmentations import augmented

from mixsuite.domains.images.augmentations.resized_crop import ResizedCrop


def places(rows=400, **how):
    """Left, right, top, bottom of each crop, in shares of the picture, from pictures of places."""
    ramp = torch.linspace(0.5, 63.5, 64) / 64
    across = torch.stack([ramp.expand(64, 64), ramp[:, None].expand(64, 64)]).expand(rows, 2, 64, 64)
    text = ", ".join(f"{key}={value}" for key, value in how.items())
    found = augmented(f"resized_crop({text})", across.double())
    step = (found[:, 0, 32, 40] - found[:, 0, 32, 24]) / 16, (found[:, 1, 40, 32] - found[:, 1, 24, 32]) / 16
    middle = found[:, :, 31:33, 31:33].mean((2, 3))
    return [(middle[:, axis], 64 * step[axis]) for axis in (0, 1)]


def test_crops_have_the_shares_and_ratios_that_are_asked_for_and_lie_within_the_picture():
    (x, width), (y, height) = places(least=0.2, ratio=2.0)
    area, ratio = width * height, width / height
    assert 0.2 - 1e-6 <= float(area.min()) < 0.25
    assert float(area.max()) > 0.85
    assert 0.5 - 1e-6 <= float(ratio.min()) < 0.55
    assert 1.8 < float(ratio.max()) <= 2 + 1e-6
    assert abs(float(ratio.log().mean())) < 3 * math.log(2) / math.sqrt(3 * len(ratio))
    for middle, side in ((x, width), (y, height)):
        assert float((middle - side / 2).min()) > -1e-6
        assert float((middle + side / 2).max()) < 1 + 1e-6


def test_the_whole_picture_is_itself():
    x = torch.randn(3, 3, 10, 12)
    torch.testing.assert_close(augmented("resized_crop(least=1.0, ratio=1.0)", x), x, rtol=0, atol=1e-5)


def test_a_crop_is_what_pil_makes_of_its_box():
    draws = np.random.default_rng(0)
    pixels = Image.fromarray(draws.integers(0, 255, (6, 6), dtype=np.uint8)).resize((48, 48), Image.Resampling.BICUBIC)
    ramp = (torch.arange(48) + 0.5) / 48
    x = torch.stack(
        [torch.from_numpy(np.asarray(pixels).copy()).float(), ramp.expand(48, 48), ramp[:, None].expand(48, 48)]
    )
    for row in augmented("resized_crop(least=0.1)", x.expand(8, -1, -1, -1)):
        left, top = (float(row[c, 24, 24] + row[c, 23, 23]) / 2 for c in (1, 2))
        wide, high = 48 * float(row[1, 24, 24] - row[1, 24, 23]), 48 * float(row[2, 24, 24] - row[2, 23, 24])
        box = [48 * v for v in (left - wide / 2, top - high / 2, left + wide / 2, top + high / 2)]
        box = [min(48.0, max(0.0, v)) for v in box]
        theirs = pixels.resize((48, 48), Image.Resampling.BILINEAR, box=box)
        difference = (row[0, 4:-4, 4:-4] - torch.from_numpy(np.asarray(theirs).copy()).float()[4:-4, 4:-4]).abs()
        assert float(difference.max()) < 3


@pytest.mark.parametrize(
    ("how", "said"), [({"least": 0.0}, "least"), ({"least": 1.1}, "least"), ({"ratio": 0.5}, "ratio")]
)
def test_what_cannot_be_meant_is_refused(how, said):
    with pytest.raises(ValueError, match=said):
        ResizedCrop(**how)
