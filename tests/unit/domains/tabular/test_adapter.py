"""Images and tables: encoding by training statistics alone, staged models, sites, augmentation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite.domains.build import make_data, make_model
from mixsuite.data.rows import Raw
from mixsuite.models.base import site_shapes
from mixsuite.domains.images.domain import Images
from mixsuite.domains.tabular.domain import Tabular
from mixsuite.errors import InputError
from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe


def recipe(model, **values):
    given = {"model": model, "optimizer": "sgd", "lr": 0.1, "steps": 10, "batch": 4} | values
    return check_model(Recipe, given, "test")


def test_pictures_are_standardised_per_channel_by_the_training_rows():
    draws = np.random.default_rng(0)
    x = draws.integers(0, 255, size=(20, 5, 4, 3)).astype(np.uint8)
    x[10:] += 0  # the rest is another world, which must not be looked at
    train = np.arange(10)
    z = Images().encode(Raw(x, np.zeros(20)), np.arange(20), train).x
    assert z.shape == (20, 3, 5, 4)
    torch.testing.assert_close(z[:10].mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(z[:10].std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)
    other = x.copy()
    other[10:] = 0
    torch.testing.assert_close(Images().encode(Raw(other, np.zeros(20)), np.arange(20), train).x[:10], z[:10])


def test_tables_are_encoded_by_the_training_rows():
    frame = pd.DataFrame(
        {
            "size": [1.0, 3.0, np.nan, 100.0],
            "colour": ["red", "blue", None, "green"],
            "same": [2.0, 2.0, 2.0, 2.0],
        }
    )
    train = np.array([0, 1, 2])
    z, groups, numbers = Tabular().encode(Raw(frame, np.zeros(4)), np.arange(4), train)
    assert groups == (0, 1, 1, 1, 2)  # (missing), blue, red
    assert numbers == (True, False, False, False, True)
    size = np.array([1.0, 3.0, 2.0])  # the missing one becomes the training median
    wanted = (np.array([*size, 100.0]) - size.mean()) / size.std()
    np.testing.assert_allclose(z[:, 0].numpy(), wanted, rtol=1e-5)
    assert z[:, 1:4].tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 0]]  # green was not seen
    assert z[:, 4].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("domain", "model", "shapes"),
    [
        ("images", "conv(width=4)", {"input": (1, 6, 6), "hidden": (4, 6, 6), "embedding": (8,)}),
        ("tabular", "mlp(width=8, depth=2)", {"input": (3,), "hidden": (8,), "embedding": (8,)}),
        ("tabular", "mlp(width=8, depth=3)", {"input": (3,), "hidden": (8,), "embedding": (8,)}),
        ("tabular", "embedded(size=5, width=8, depth=2)", {"input": (3,), "hidden": (3, 5), "embedding": (8,)}),
    ],
)
def test_a_model_in_stages_is_the_model(job, domain, model, shapes):
    staged = job("erm", domain=domain, model=model).model
    x = job("erm", domain=domain).data.train.x
    assert site_shapes(staged, x[:2]) == shapes
    staged.eval()
    whole = staged(x)
    assert whole.shape == (len(x), 2)
    for gap in staged.sites.values():
        assert torch.equal(staged(staged(x, 0, gap), gap), whole)


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


@pytest.mark.parametrize("name", ["flip", "crop", "crop+flip"])
def test_augmentation_is_a_function_of_its_draws(name):
    apply = Images().augment(recipe("conv", augment=name))
    x, u = torch.randn(6, 2, 16, 16), torch.rand(6, 4)
    before = x.clone()
    assert torch.equal(apply(x, u), apply(x, u))
    assert torch.equal(x, before)
    assert apply(x, u).shape == x.shape


def test_a_flip_and_a_crop_do_what_they_say():
    x = torch.arange(2 * 16 * 16, dtype=torch.float32).reshape(2, 1, 16, 16)
    flipped = Images().augment(recipe("conv", augment="flip"))(x, torch.tensor([[0.1, 0, 0, 0], [0.9, 0, 0, 0]]))
    assert torch.equal(flipped[0], x[0].flip(-1))
    assert torch.equal(flipped[1], x[1])
    # 16 pixels: up to 2 each way; u = 0 takes the window's upper left corner, so the picture moves down and right.
    crop = Images().augment(recipe("conv", augment="crop"))
    moved = crop(x, torch.tensor([[0, 0.0, 0.0, 0], [0, 0.5, 0.5, 0]]))
    assert torch.equal(moved[0, 0, 2:, 2:], x[0, 0, :-2, :-2])
    assert moved[0, 0, :2].eq(0).all()
    assert torch.equal(moved[1], x[1])


@pytest.mark.parametrize("values", [{"model": "convv"}, {"model": "conv(width=0)"}, {"model": "conv(wdth=3)"}])
def test_an_unknown_model_or_parameter_is_refused(job, values):
    with pytest.raises(InputError):
        job("erm", domain="images", **values)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (Raw(np.zeros((4, 2)), np.array([0, 1, 0])), "as many rows as y, 3"),
        (Raw(np.zeros((3, 2)), np.array([0.5, 1, 0])), "whole numbers"),
        (Raw(np.zeros((3, 2)), np.array([0, 1, 2])), r"0\.\.1, are 0\.\.2"),
        (Raw(np.zeros((3, 2)), np.array([0, -1, 1])), r"0\.\.1, are -1\.\.1"),
        (Raw(np.zeros((3, 2)), np.array([0, np.nan, 1])), "finite"),
        (Raw(np.zeros((0, 2)), np.zeros(0, dtype=int)), "no rows"),
        (Raw(np.zeros((3, 2)), np.array([0, 1, 0]), weight=np.array([1, -1, 1])), "not negative"),
        (Raw(np.zeros((3, 2)), np.array([0, 1, 0]), split_id=np.zeros(2)), r"part must be \[3\]"),
        (None, "must return Raw"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(raw, said):
    from toys import Toy

    with pytest.raises(InputError, match=f"Toy: .*{said}"):
        make_data(Tabular(), Toy(), raw, 0)


def test_a_training_part_of_one_class_is_refused():
    from toys import Toy

    part = np.array([0] * 10 + [2] * 10)
    raw = Raw(pd.DataFrame({"a": np.arange(20.0)}), np.repeat([0, 1], 10), part)
    with pytest.raises(InputError, match="one class only"):
        make_data(Tabular(), Toy(), raw, 0)


def test_a_split_without_rows_is_refused():
    from toys import Toy

    empty = Raw(pd.DataFrame({"a": np.arange(10.0)}), np.arange(10) % 2, np.zeros(10, dtype=int))
    with pytest.raises(InputError, match="0 test rows"):
        make_data(Tabular(), Toy(), empty, 0)


def test_soft_multi_label_and_weighted_rows_reach_the_device():
    from toys import Toy

    frame = pd.DataFrame({"a": np.arange(20.0)})
    soft = np.full((20, 2), 0.5)
    data = make_data(Tabular(), Toy(), Raw(frame, soft, weight=np.arange(20.0)), 0)
    assert data.train.y.shape == (len(data.train), 2)
    assert data.train.weight is not None
    assert data.train.weight.dtype == torch.float32
    assert make_model(Tabular(), data, recipe("mlp(width=4, depth=1)"), 0)(data.test.x).shape[1] == 2


def test_columns_are_embedded_value_by_value_and_categories_mix_alike_before_and_behind():
    from mixsuite.models.tabular.embedded import EmbeddedColumns

    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = EmbeddedColumns((0, 1, 1, 1, 2), (True, False, False, False, True), size=4)
    x = torch.tensor([[0.5, 1, 0, 0, -1.0], [2.0, 0, 0, 1, 0.3], [-1.0, 0, 0, 0, 4.0]])  # the last: a value not seen
    h, w, b = layer(x), layer.weight[:, 0], layer.bias
    assert h.shape == (3, 3, 4)
    for row, value in enumerate([w[1], w[3], torch.zeros(4)]):
        torch.testing.assert_close(h[row, 0], (x[row, 0] * w[0] + b[0]).relu())
        torch.testing.assert_close(h[row, 1], value + b[1])
        torch.testing.assert_close(h[row, 2], (x[row, 4] * w[4] + b[2]).relu())
    before, behind = layer(0.3 * x[:1] + 0.7 * x[1:2]), 0.3 * h[:1] + 0.7 * h[1:2]
    torch.testing.assert_close(before[:, 1], behind[:, 1])  # linear in the share
    assert not torch.allclose(before[:, [0, 2]], behind[:, [0, 2]])


def test_mixing_behind_the_embedding_of_columns_trains(job):
    from mixsuite.training.loop import train

    plain, input_, hidden = (
        train(job(text, model="embedded(size=4, width=8, depth=1)", steps=30))
        for text in ("erm", "mixup", "mixup(site=hidden)")
    )
    assert len({one.digests["init"] for one in (plain, input_, hidden)}) == 1
    assert len({one.digests["weights"] for one in (plain, input_, hidden)}) == 3
    assert input_.digests["draws"] == hidden.digests["draws"]
    assert hidden.curve[-1]["loss"] < hidden.curve[0]["loss"]
