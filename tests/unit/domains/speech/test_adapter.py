"""Speech: padding that changes nothing, masked norms, the log-mel front end, mixing of masks."""

import numpy as np
import pytest
import torch
from torch import nn

from mixsuite.domains.build import make_data, make_model
from mixsuite.domains.base import Dataset
from mixsuite.data.rows import Raw
from mixsuite.models.base import site_shapes
from mixsuite.models.masked import MaskedBatchNorm, masked_mean
from mixsuite.models.speech.conv1d import Block
from mixsuite.models.speech.front_end import LogMel
from mixsuite.domains.speech.domain import Speech
from mixsuite.errors import InputError
from mixsuite.plugins.validate import check_model
from mixsuite.mixing import Plan, interpolate
from mixsuite.training.recipe import Recipe
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.training.job import Job
from mixsuite.training.loop import train


class Clips(Dataset):
    domain = "speech"
    classes = 2

    def load(self, root):
        raise NotImplementedError


def clips(lengths, channels=3, rate=None):
    draws = np.random.default_rng(0)
    x = np.empty(len(lengths), dtype=object)
    x[:] = [draws.normal(size=(channels, t)).astype(np.float32) * 0.1 for t in lengths]
    return Raw(x, np.arange(len(lengths)) % 2, rate=rate)


def recipe(model="conv1d(width=4)", **values):
    given = {"model": model, "optimizer": "sgd", "lr": 0.1, "steps": 8, "batch": 4} | values
    return check_model(Recipe, given, "test")


def a_job(method, raw, dtype=torch.float32, **values):
    data = make_data(Speech(), Clips(), raw, 0, dtype=dtype)
    made = recipe(**values)
    return Job("speech", data, make_model(Speech(), data, made, 0), make_method(resolve_method(method)), made, 0)


def test_clips_are_padded_to_the_longest_and_standardised_over_real_frames():
    raw = clips([4, 9, 6, 5])
    (x, mask), *_ = Speech().encode(raw, np.arange(4), np.array([0, 2]))
    assert x.shape == (4, 3, 9)
    assert mask[:, 0].sum(1).tolist() == [4, 9, 6, 5]
    assert x[0, :, 4:].eq(0).all()
    frames = torch.cat([x[0, :, :4], x[2, :, :6]], dim=1)
    torch.testing.assert_close(frames.mean(1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(frames.std(1, correction=0), torch.ones(3), atol=1e-5, rtol=0)
    some, *_ = Speech().encode(raw, np.array([0, 2]), np.array([0, 1]))
    assert some[0].shape == (2, 3, 9)  # the size is the data set's, not the split's


def test_a_clip_without_frames_is_refused():
    with pytest.raises(InputError, match="clip 1 has no frames"):
        Speech().encode(clips([4, 0, 3]), np.arange(3), np.arange(3))


@pytest.mark.parametrize("axis", [1, -1])
def test_masked_batch_norm_is_torchs_over_valid_places(axis):
    torch.manual_seed(0)
    mine, theirs = MaskedBatchNorm(5, axis).double(), nn.BatchNorm1d(5).double()
    x, mask = torch.randn(6, 8, 5, dtype=torch.float64), (torch.rand(6, 8, 1) < 0.6).double()
    if axis == 1:
        x, mask = x.transpose(1, 2), mask.transpose(1, 2)
    for training in (True, False):
        mine.train(training)
        theirs.train(training)
        out = mine(x, mask)
        flat, keep = (t if axis == -1 else t.transpose(1, 2) for t in (x, mask))
        wanted = theirs(flat[keep[..., 0] > 0])
        got = (out if axis == -1 else out.transpose(1, 2))[keep[..., 0] > 0]
        torch.testing.assert_close(got, wanted, atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)
    torch.testing.assert_close(mine.running_var, theirs.running_var)


@pytest.mark.parametrize("stride", [1, 2])
def test_more_padding_changes_nothing(stride):
    torch.manual_seed(0)
    block = Block(3, 4, 5, stride).double()
    x = torch.randn(2, 3, 12, dtype=torch.float64)
    mask = (torch.arange(12) < torch.tensor([[12], [7]])).double()[:, None]
    x = x * mask
    wide, wider = nn.functional.pad(x, (0, 6)), nn.functional.pad(mask, (0, 6))
    a, m = block((x, mask))
    b, n = block((wide, wider))
    torch.testing.assert_close(b[:, :, : a.shape[2]], a)
    torch.testing.assert_close(masked_mean(b, n, 2), masked_mean(a, m, 2))


def test_a_mixed_mask_is_soft_and_weighs_the_mean():
    x, mask = torch.ones(2, 1, 4), torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]])[:, None]
    plan = Plan(torch.tensor([1, 0]), torch.full((2, 1, 1), 0.25), torch.full((2,), 0.25))
    h, m = interpolate((x * mask, mask), plan)
    torch.testing.assert_close(m[0, 0], torch.tensor([1.0, 1, 0.25, 0.25]))
    torch.testing.assert_close(masked_mean(h, m, 2)[0, 0], (h[0, 0] * m[0, 0]).sum() / 2.5)


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
    job = a_job("mixup", raw)
    shapes = site_shapes(job.model, tuple(t[:1] for t in job.data.train.x))
    assert list(shapes) == ["wave", "input", "hidden", "embedding"]
    assert shapes["wave"] == (1, 2000)
    assert shapes["input"] == (40, 26)
    runs = {m: train(a_job(m, raw)).digests for m in ("erm", "mixup", "mixup(site=wave)")}
    assert len({r["weights"] for r in runs.values()}) == 3
    assert len({r["draws"] for r in runs.values()}) == 1
    # BatchNorm knows how often it was called: the front end ran once, before the loop, not at each step.
    assert train(a_job("cutmix(site=input)", raw)).steps == 8


def test_the_front_end_run_once_gives_what_it_gives_at_every_step():
    raw = clips([1600, 2000, 1800, 1700] * 9, channels=1, rate=8000)
    known, anew = (a_job("mixup", raw, torch.float64, precision="float64") for _ in "ab")
    anew.model.num_fixed_stages = 0
    for a, b in zip(train(known).model.parameters(), train(anew).model.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=1e-8)


def test_every_method_runs_on_clips_or_says_why_not():
    from mixsuite.plugins import load as plugins
    from mixsuite.errors import SkipRun

    raw = clips([5, 9, 7, 8] * 10)
    for name in plugins.names(plugins.METHODS):
        if name in ("resizemix", "saliencymix", "column_cutmix", "ifmixup", "c_mixup", "gan", "all_pairs"):
            with pytest.raises(SkipRun, match=r"not for speech|for regression|made for"):
                train(a_job(name, raw))
            continue
        text = "k_mixup(k=2)" if name == "k_mixup" else name  # the batch has four rows
        first, again = (train(a_job(text, raw)).digests for _ in "ab")
        assert first == again, name
    with pytest.raises(SkipRun, match="this task could at: input, hidden"):
        train(a_job("cutmix(site=embedding)", raw))
    train(a_job("mixupe(version=1)", raw))
    train(a_job("multi_mix(mask=box)", raw))


@pytest.mark.parametrize("model", ["lenet(channels=3, units=7)", "vgg(width=2)"])
@pytest.mark.parametrize("rate", [None, 8000])
def test_nets_that_look_at_a_picture_of_the_bands_train_from_cepstra_and_waves(model, rate):
    raw = clips([4000, 8000, 6000, 5000] if rate else [60, 90, 65, 50], channels=1 if rate else 40, rate=rate)
    job = a_job("mixup", raw, model=model, batch=1)
    shapes = site_shapes(job.model, job.data.test.x)
    assert shapes["input"][0] == 40
    assert len(shapes["hidden"]) == 3
    assert shapes["embedding"] == ((7,) if "lenet" in model else (16,))
    assert set(shapes) == {"input", "hidden", "embedding"} | ({"wave"} if rate else set())
    before = job.model(job.data.test.x).shape
    assert before == (len(job.data.test), 2)
    assert train(job).steps == 8


def test_vgg_is_configuration_a():
    raw = clips([101] * 4, channels=161)
    model = a_job("erm", raw, model="vgg").model
    widths = [layer.out_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert widths == [64, 128, 256, 256, 512, 512, 512, 512]
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in model.modules()) == 5
    linear = [(layer.in_features, layer.out_features) for layer in model.modules() if isinstance(layer, nn.Linear)]
    assert linear == [(7680, 512), (512, 2)]  # of a spectrogram [161, 101], as in public code of such nets


@pytest.mark.parametrize("model", ["lenet", "vgg"])
def test_clips_too_small_for_a_picture_net_are_refused(model):
    with pytest.raises(InputError, match=r"clips of \[3, 9\] are too small for this model"):
        a_job("erm", clips([4, 9, 6, 5]), model=model)


def test_the_size_of_a_map_is_found_without_touching_running_statistics():
    model = a_job("erm", clips([90, 65, 50, 60], channels=40), model="vgg(width=2)").model
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(norm.num_batches_tracked == 0 and not norm.running_mean.any() for norm in norms)
    assert all(layer.training for layer in model.modules())
