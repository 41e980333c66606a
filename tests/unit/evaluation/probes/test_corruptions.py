"""Common corruptions of pictures."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from support.probes import probe, real

from mixsuite.domains.images.eight_bit import Range
from mixsuite.errors import InputError
from mixsuite.evaluation.measure import measure
from mixsuite.mixing.rng import Rng

NAMES = ["gaussian_noise", "shot_noise", "impulse_noise", "gaussian_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg"]  # fmt: skip
UNIT = Range(torch.zeros(3, 1, 1), torch.ones(3, 1, 1))


def pictures(n=4, side=32):
    """Smooth pictures in [0, 1], rounded to 256 values."""
    g = torch.Generator().manual_seed(3)
    coarse = torch.rand(n, 3, 4, 4, generator=g)
    x = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    return (x * 255).round() / 255


def corrupted(name, severity, x=None, seed=0):
    x = pictures() if x is None else x
    return probe(f"corruptions(severity={severity})").corrupted(name, x, UNIT, Rng(seed, 512).at(0))


def test_it_measures_the_error_under_each_and_their_mean():
    data, model = real("images")
    found = measure(probe("corruptions"), "corruptions", model, data, "images", 0)
    assert found["status"] == "ok"
    errors = {key.partition("@")[0]: value for key, value in found["metrics"].items()}
    assert list(errors) == [*NAMES, "mean"]
    assert errors["mean"] == pytest.approx(np.mean([errors[name] for name in NAMES]))
    assert found == measure(probe("corruptions"), "corruptions", model, data, "images", 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_higher_severity_moves_the_pixels_further(name):
    x = pictures()
    moved = [float((corrupted(name, severity) - x).square().mean()) for severity in (1, 3, 5)]
    assert 0 < moved[0] < moved[1] < moved[2]
    out = corrupted(name, 5)
    assert out.shape == x.shape and bool(((out >= 0) & (out <= 1)).all())
    torch.testing.assert_close(out * 255, (out * 255).round(), atol=1e-3, rtol=0)


def test_noises_are_of_the_size_that_they_say():
    flat = torch.full((8, 3, 32, 32), 128 / 255)
    gauss = corrupted("gaussian_noise", 3, flat)
    assert float(gauss.std()) == pytest.approx(0.08, rel=0.05)
    shot = corrupted("shot_noise", 3, flat)
    assert float(shot.mean()) == pytest.approx(128 / 255, rel=0.01)
    assert float(shot.var()) == pytest.approx(128 / 255 / 100, rel=0.1)
    impulse = corrupted("impulse_noise", 5, flat)
    assert float(impulse.eq(0).float().mean()) == pytest.approx(0.035, abs=0.01)
    assert float(impulse.eq(1).float().mean()) == pytest.approx(0.035, abs=0.01)


def test_brightness_contrast_and_jpeg_are_what_they_say():
    x = pictures()
    torch.testing.assert_close(corrupted("brightness", 2), (x + 0.1).clamp(max=1), atol=0.51 / 255, rtol=0)
    mean = x.mean((2, 3), keepdim=True)
    torch.testing.assert_close(corrupted("contrast", 4), mean + 0.3 * (x - mean), atol=0.51 / 255, rtol=0)
    buffer = io.BytesIO()
    Image.fromarray((x[0].permute(1, 2, 0) * 255).byte().numpy()).save(buffer, "JPEG", quality=58)
    wanted = torch.from_numpy(np.array(Image.open(buffer)).astype(np.float32) / 255).permute(2, 0, 1)
    torch.testing.assert_close(corrupted("jpeg", 3)[0], wanted, atol=3 / 255, rtol=0)


def test_draws_differ_by_seed_and_not_by_call():
    for name in NAMES[:3]:
        assert torch.equal(corrupted(name, 3), corrupted(name, 3))
        assert not torch.equal(corrupted(name, 3), corrupted(name, 3, seed=1))


def test_a_severity_beyond_5_is_refused():
    with pytest.raises(InputError, match="severity=6"):
        probe("corruptions(severity=6)")
