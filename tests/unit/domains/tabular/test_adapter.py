"""How tables are encoded."""

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite.data.rows import Raw
from mixsuite.domains.tabular.domain import Tabular
from mixsuite.errors import InputError


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


def test_columns_keep_their_order_whatever_their_kind():
    frame = pd.DataFrame(
        {"c": ["x", "y", "x"], "n": [1.0, 2.0, 3.0], "d": pd.Categorical(["u", "u", "v"]), "b": [True, False, True]}
    )
    z, groups, numbers = Tabular().encode(Raw(frame, np.zeros(3)), np.arange(3), np.arange(3))
    assert groups == (0, 0, 1, 2, 2, 3)
    assert numbers == (False, False, True, False, False, True)
    assert z[:, :2].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert z[:, 3:5].tolist() == [[1, 0], [1, 0], [0, 1]]
    np.testing.assert_allclose(z[:, 2].numpy(), np.array([-1, 0, 1]) * np.sqrt(1.5), rtol=1e-6)


def test_the_rows_asked_for_alone_are_encoded():
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0, 100.0], "c": ["a", "b", "c", "d"]})
    z, groups, _ = Tabular().encode(Raw(frame, np.zeros(4)), np.array([0, 2, 3]), np.array([0, 1]))
    assert groups == (0, 1, 1)
    assert z.tolist() == [[-1, 1, 0], [1, 0, 1], [98, 0, 0]]


def test_a_column_without_any_value_is_zero_and_a_table_must_be_a_frame():
    frame = pd.DataFrame({"n": [np.nan, np.nan, 5.0], "m": [1.0, 2.0, 3.0]})
    z = Tabular().encode(Raw(frame, np.zeros(3)), np.arange(3), np.array([0, 1])).x
    assert z.isfinite().all()
    assert z[:2, 0].eq(0).all()
    with pytest.raises(InputError, match="a table's x must be a pandas frame, is a ndarray"):
        Tabular().encode(Raw(np.zeros((3, 2)), np.zeros(3)), np.arange(3), np.arange(3))


def test_a_table_of_numbers_or_of_categories_alone():
    for frame, width in ((pd.DataFrame({"n": [1.0, 2.0]}), 1), (pd.DataFrame({"c": ["a", "b"]}), 2)):
        assert Tabular().encode(Raw(frame, np.zeros(2)), np.arange(2), np.arange(2)).x.shape == (2, width)
    assert isinstance(Tabular().encode(Raw(frame, np.zeros(2)), np.arange(2), np.arange(2)).x, torch.Tensor)


def test_a_table_with_categories_trains(job):
    from mixsuite.training.loop import train

    draws = np.random.default_rng(0)
    y = np.arange(60) % 2
    frame = pd.DataFrame({"a": draws.normal(size=60), "b": np.where(y == 1, "x", "z")})
    fitted = train(job("mixup", raw=Raw(frame, y), steps=80))
    assert fitted.curve[-1]["loss"] < fitted.curve[0]["loss"]
