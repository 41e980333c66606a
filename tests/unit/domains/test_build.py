"""From rows and a seed to data on the device, and from a recipe to a model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from support.toys import Toy
from torch import nn

from mixsuite.data.rows import Raw
from mixsuite.domains.build import channels_last, make_data, make_model
from mixsuite.domains.tabular.domain import Tabular
from mixsuite.errors import InputError
from mixsuite.models.base import Staged
from mixsuite.models.tabular.mlp import Mlp


def test_initial_weights_come_from_the_seed_alone(job):
    state = torch.get_rng_state()
    one, again, other = (job("erm", seed=s, domain="images").model.state_dict() for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[k], again[k]) for k in one)
    assert not torch.equal(one["stages.0.1.weight"], other["stages.0.1.weight"])


def test_regression_targets_are_standardised_by_the_training_rows():
    from mixsuite.domains.tabular.datasets.diabetes import Diabetes

    dataset = Diabetes(rows=100)
    raw = dataset.load(Path())
    data = make_data(Tabular(), dataset, raw, seed=0, dtype=torch.float64)
    assert data.train.y.shape == (100, 1)
    torch.testing.assert_close(data.train.y.mean(), torch.tensor(0.0, dtype=torch.float64), atol=1e-9, rtol=0)
    back = data.train.y * data.target_std + data.target_mean
    assert set(back.flatten().round().int().tolist()) <= set(raw.y.astype(int))


@pytest.mark.parametrize("values", [{"model": "convv"}, {"model": "conv(width=0)"}, {"model": "conv(wdth=3)"}])
def test_an_unknown_model_or_parameter_is_refused(job, values):
    with pytest.raises(InputError):
        job("erm", domain="images", **values)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (Raw(np.zeros((4, 2)), np.array([0, 1, 0])), "as many rows as y, 3"),
        (Raw(np.zeros((3, 2)), np.array([0.5, 1, 0])), "whole numbers"),
        (Raw(np.zeros((3, 2)), np.array([0, 1, 2])), r"0\.\.1, go up to 2"),
        (Raw(np.zeros((3, 2)), np.array([0, -1, 1])), r"numbered from 0, here from -1"),
        (Raw(np.zeros((3, 2)), np.array([0, np.nan, 1])), "finite"),
        (Raw(np.zeros((0, 2)), np.zeros(0, dtype=int)), "no rows"),
        (Raw(np.zeros((3, 2)), np.array([0, 1, 0]), weight=np.array([1, -1, 1])), "not negative"),
        (Raw(np.zeros((3, 2)), np.array([0, 1, 0]), split_id=np.zeros(2)), r"split_id must be \[3\]"),
        (None, "must return Raw"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(raw, said):
    with pytest.raises(InputError, match=f"Toy: .*{said}"):
        make_data(Tabular(), Toy(), raw, 0)


def test_a_training_part_of_one_class_is_refused():
    part = np.array([0] * 10 + [2] * 10)
    raw = Raw(pd.DataFrame({"a": np.arange(20.0)}), np.repeat([0, 1], 10), part)
    with pytest.raises(InputError, match="none in the training part"):
        make_data(Tabular(), Toy(), raw, 0)


def test_a_split_without_rows_is_refused():
    empty = Raw(pd.DataFrame({"a": np.arange(10.0)}), np.arange(10) % 2, np.zeros(10, dtype=int))
    with pytest.raises(InputError, match="0 test rows"):
        make_data(Tabular(), Toy(), empty, 0)


def test_soft_multi_label_and_weighted_rows_reach_the_device():
    frame = pd.DataFrame({"a": np.arange(20.0)})
    soft = np.full((20, 2), 0.5)
    data = make_data(Tabular(), Toy(), Raw(frame, soft, weight=np.arange(20.0)), 0)
    assert data.train.y.shape == (len(data.train), 2)
    assert data.train.weight is not None
    assert data.train.weight.dtype == torch.float32
    assert make_model(Mlp(4, 1), data, 0)(data.test.x).shape[1] == 2


def frame(n=60):
    return pd.DataFrame({"a": np.arange(float(n)), "b": np.tile(["x", "y", "z"], n // 3)})


def test_every_part_is_the_rows_of_the_split_encoded_by_the_training_rows():
    from mixsuite.domains.split import draw_split

    raw = Raw(frame(), np.arange(60) % 2, weight=np.linspace(0, 1, 60))
    dataset = Toy(rows=20)
    data, split = make_data(Tabular(), dataset, raw, 5, dtype=torch.float64), draw_split(dataset, raw, 5)
    a = raw.x["a"].to_numpy()
    for name in ("train", "valid", "test"):
        part, rows = getattr(data, name), getattr(split, name)
        wanted = (a[rows] - a[split.train].mean()) / a[split.train].std()
        np.testing.assert_allclose(part.x[:, 0].numpy(), wanted, rtol=1e-5, atol=1e-6)
        assert part.x[:, 1:].argmax(1).tolist() == [["x", "y", "z"].index(raw.x["b"][row]) for row in rows]
        assert part.y.tolist() == raw.y[rows].tolist()
        np.testing.assert_allclose(part.weight.numpy(), raw.weight[rows])
    assert (data.groups, data.numbers, data.classes, data.split) == (
        (0, 1, 1, 1),
        (True, False, False, False),
        2,
        "drawn",
    )
    assert data.train.x.dtype == torch.float64
    assert data.digests["data"] == raw.digest


def test_rows_that_are_not_used_are_not_encoded():
    class Counting(Tabular):
        def encode(self, raw, rows, train):
            self.rows = rows
            return super().encode(raw, rows, train)

    domain = Counting()
    make_data(domain, Toy(rows=10, valid=0.1), Raw(frame(), np.arange(60) % 2), 0)
    assert len(domain.rows) == 10 + 4 + 18
    assert domain.rows.tolist() == sorted(domain.rows)


def test_label_noise_changes_the_digest_of_the_split_and_clean_labels_stay():
    raw = Raw(frame(), np.arange(60) % 2)
    clean, noisy = (make_data(Tabular(), Toy(label_noise=noise), raw, 0) for noise in (0.0, 0.8))
    assert clean.clean_labels is clean.train.y
    assert torch.equal(noisy.clean_labels, clean.train.y)
    assert not torch.equal(noisy.train.y, clean.train.y)
    assert torch.equal(noisy.test.y, clean.test.y)
    assert clean.digests["data"] == noisy.digests["data"]
    assert clean.digests["split"] != noisy.digests["split"]


def test_a_constant_target_is_not_divided_by_zero_and_back_scaling_undoes_all():
    class Numbers(Toy):
        kind = "regression"

    y = np.stack([np.full(60, 7.0), np.arange(60.0)], 1)
    data = make_data(Tabular(), Numbers(), Raw(frame(), y), 0, dtype=torch.float64)
    assert data.target_std[0] == 1.0
    assert data.clean_labels is None
    back = data.unscaled(torch.cat([data.train.y, data.valid.y, data.test.y]))
    assert sorted(back[:, 1].tolist()) == pytest.approx(list(range(60)))
    assert back[:, 0].tolist() == pytest.approx([7.0] * 60)


def test_a_model_is_drawn_on_the_host_and_lands_in_the_datas_type():
    data = make_data(Tabular(), Toy(), Raw(frame(), np.arange(60) % 2), 0, dtype=torch.float64)
    model = make_model(Mlp(4, 1, 0.5), data, 0)
    assert {weight.dtype for weight in model.parameters()} == {torch.float64}
    assert model.stages[0][2].p == 0.5
    single = make_data(Tabular(), Toy(), Raw(frame(), np.arange(60) % 2), 0)
    for one, other in zip(model.parameters(), make_model(Mlp(4, 1), single, 0).parameters(), strict=True):
        assert torch.equal(one.float(), other)


@pytest.mark.parametrize(("channels", "size"), [(1, 3), (3, 3), (4, 1)])
def test_weights_of_convolutions_are_in_channels_last_order_and_stay_what_they_are(channels, size):
    convolution = nn.Conv2d(channels, 6, size)
    before, x = convolution.weight.detach().clone(), torch.randn(2, channels, 5, 5)
    wanted = convolution(x)
    channels_last(Staged([convolution], {"input": 0}))
    assert torch.equal(convolution.weight, before)
    assert convolution.weight.stride() == (channels * size**2, 1, channels * size, channels)
    out = convolution(x)
    torch.testing.assert_close(out, wanted)
    assert out.stride(1) == 1  # handed on in this order, also from one channel


@pytest.mark.parametrize(("channels", "kept"), [(4, True), (16, False)])
def test_a_net_with_a_narrow_shortcut_keeps_its_order(channels, kept):
    def net():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.Conv2d(channels, 8, 1, 2))

    ours = channels_last(Staged([net()], {"input": 0}))
    assert all(layer.weight.is_contiguous() for layer in ours.stages[0]) == kept
    # With channels last the library would take the derivative by a narrow shortcut's weights wrongly, or crash.
    x, exact = torch.randn(4, 3, 40, 64), net().double()
    ours.stages[0](x).square().mean().backward()
    exact(x.double()).square().mean().backward()
    for one, other in zip(ours.parameters(), exact.parameters(), strict=True):
        torch.testing.assert_close(one.grad.double(), other.grad, rtol=1e-3, atol=1e-4)
