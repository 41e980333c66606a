"""The log-mel front end, and nets that look at a picture of the bands."""

import pytest
import torch
from support.clips import clip_job, clips
from torch import nn

from mixsuite.errors import InputError
from mixsuite.models.base import site_shapes
from mixsuite.models.front_end import LogMel, Picture
from mixsuite.training.loop import train


def test_the_log_mel_front_end_is_torchaudios_standardised():
    from torchaudio.transforms import MelSpectrogram

    wave, mask = torch.randn(5, 1, 8000) * 0.1, torch.ones(5, 1, 8000)
    mask[1, :, 3000:] = 0
    wave = wave * mask
    front = LogMel(8000, 40, (wave, mask))
    x, m = front((wave, mask))
    plain = torch.log(MelSpectrogram(8000, n_fft=256, win_length=200, hop_length=80, n_mels=40)(wave[:, 0]) + 1e-6)
    assert x.shape == plain.shape == (5, 40, 101)
    assert m[1, 0].sum() == 38  # frames whose centre lies before sample 3000: 0, 80, ..., 2960
    torch.testing.assert_close(x[0], (plain[0] - front.mean) / front.std)
    assert x[1, :, 38:].eq(0).all()
    seen = torch.cat([x[i][:, m[i, 0] > 0] for i in range(5)], dim=1)
    torch.testing.assert_close(seen.mean(1), torch.zeros(40), atol=1e-3, rtol=0)


def test_waves_offer_a_site_of_their_own_and_mixing_there_is_another_thing():
    raw = clips([1600, 2000, 1800, 1700, 1900, 2000] * 6, channels=1, rate=8000)
    job = clip_job("mixup", raw)
    shapes = site_shapes(job.model, tuple(t[:1] for t in job.data.train.x))
    assert list(shapes) == ["wave", "input", "hidden", "embedding"]
    assert shapes["wave"] == (1, 2000)
    assert shapes["input"] == (40, 26)
    runs = {m: train(clip_job(m, raw)).digests for m in ("erm", "mixup", "mixup(site=wave)")}
    assert len({r["weights"] for r in runs.values()}) == 3
    assert len({r["draws"] for r in runs.values()}) == 1
    # BatchNorm knows how often it was called: the front end ran once, before the loop, not at each step.
    assert train(clip_job("cutmix(site=input)", raw)).steps == 8


def test_the_front_end_run_once_gives_what_it_gives_at_every_step():
    raw = clips([1600, 2000, 1800, 1700] * 9, channels=1, rate=8000)
    known, anew = (clip_job("mixup", raw, torch.float64, precision="float64") for _ in "ab")
    anew.model.num_fixed_stages = 0
    for a, b in zip(train(known).model.parameters(), train(anew).model.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("model", ["lenet(channels=3, units=7)", "vgg(width=2)"])
@pytest.mark.parametrize("rate", [None, 8000])
def test_nets_that_look_at_a_picture_of_the_bands_train_from_cepstra_and_waves(model, rate):
    raw = clips([4000, 8000, 6000, 5000] if rate else [60, 90, 65, 50], channels=1 if rate else 40, rate=rate)
    job = clip_job("mixup", raw, model=model, batch=1)
    shapes = site_shapes(job.model, job.data.test.x)
    assert shapes["input"][0] == 40
    assert len(shapes["hidden"]) == 3
    assert shapes["embedding"] == ((7,) if "lenet" in model else (16,))
    assert set(shapes) == {"input", "hidden", "embedding"} | ({"wave"} if rate else set())
    before = job.model(job.data.test.x).shape
    assert before == (len(job.data.test), 2)
    assert train(job).steps == 8


@pytest.mark.parametrize("model", ["lenet", "vgg"])
def test_clips_too_small_for_a_picture_net_are_refused(model):
    with pytest.raises(InputError, match=r"clips of \[3, 9\] are too small for this model"):
        clip_job("erm", clips([4, 9, 6, 5]), model=model)


def test_the_size_of_a_map_is_found_without_touching_running_statistics():
    model = clip_job("erm", clips([90, 65, 50, 60], channels=40), model="vgg(width=2)").model
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(norm.num_batches_tracked == 0 and not norm.running_mean.any() for norm in norms)
    assert all(layer.training for layer in model.modules())


def test_a_clip_as_a_picture_has_one_channel():
    x = torch.randn(2, 5, 7)
    assert torch.equal(Picture()((x, torch.ones(2, 1, 7)))[:, 0], x)


@pytest.mark.parametrize("rate", [None, 8000])
def test_double_precision_trains_too(rate):
    raw = clips([4000, 8000, 6000, 5000] if rate else [60, 90, 65, 50], channels=1 if rate else 40, rate=rate)
    job = clip_job("erm", raw, torch.float64, "vgg(width=2)", batch=1)
    assert job.model(job.data.test.x).dtype == torch.float64
    assert train(job).steps == 8
