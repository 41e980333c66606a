"""What is odd about rows that can be trained on."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from support.toys import Toy

from mixsuite.data.rows import Raw
from mixsuite.results.oddities import oddities

DRAWS = np.random.default_rng(0)
N = 90
Y = np.repeat([0, 1, 2], N // 3)  # sorted by class, as files often are


def found(x, y=Y, train=(0, 1, 2), test=(0, 1, 2), dataset=None):
    data = SimpleNamespace(train=SimpleNamespace(y=torch.tensor(train)), test=SimpleNamespace(y=torch.tensor(test)))
    return oddities(dataset or Toy(), Raw(x, y), data)


def frame(**columns):
    return pd.DataFrame({"a": DRAWS.standard_normal(N), **columns})


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"id": np.arange(N)},
            "column 'id' rises or falls from row to row, as an id does; leave it out with drop=[id]",
        ),
        ({"id": np.arange(N)[::-1]}, "column 'id' rises or falls"),
        ({"id": DRAWS.permutation(N)}, "column 'id' has another whole number in each row, as an id does"),
        ({"code": Y * 3.5 + 1}, "column 'code' tells the class by itself in 100.0% of rows; was it known beforehand?"),
        ({"code": np.array(["x", "y", "z"])[Y]}, "column 'code' tells the class by itself"),
        ({"code": Y * 1e39}, "column 'code' tells the class by itself in 100.0% of rows"),
        ({"code": Y * 1e200 + 1e199}, "column 'code' tells the class by itself in 100.0% of rows"),
        ({"id": np.arange(N) * 1e200}, "column 'id' rises or falls"),
        ({"b": np.where(np.arange(N) == 4, np.inf, 0.5)}, "1 rows have infinite numbers (row 4 first)"),
    ],
)
def test_a_column_that_looks_wrong_is_called_out(columns, said):
    (sentence,) = found(frame(**columns))
    assert sentence.startswith(said)


def test_ordinary_columns_are_not():
    ordinary = frame(
        age=DRAWS.integers(20, 60, N),
        sex=DRAWS.choice(["f", "m"], N),
        flag=DRAWS.random(N) < 0.5,
        gaps=np.where(DRAWS.random(N) < 0.2, np.nan, DRAWS.standard_normal(N)),
    )
    assert found(ordinary) == []


def test_numbers_that_are_not_finite_are_called_in_every_kind_of_rows():
    pictures = np.zeros((N, 4, 4), dtype=np.float32)
    pictures[7, 1, 2] = np.nan
    assert found(pictures) == ["1 rows have numbers that are NaN or infinite (row 7 first)"]
    clips, graphs = np.empty(N, dtype=object), np.empty(N, dtype=object)
    clips[:] = [np.zeros((2, 5)) for _ in range(N)]
    graphs[:] = [(np.zeros((3, 2)), np.zeros((2, 1), dtype=np.int64)) for _ in range(N)]
    assert found(clips) == found(graphs) == []
    clips[3] = clips[5] = np.full((2, 5), np.inf)
    graphs[3] = (np.full((3, 2), np.nan), np.zeros((2, 1), dtype=np.int64))
    assert found(clips) == ["2 rows have numbers that are NaN or infinite (row 3 first)"]
    assert found(graphs) == ["1 rows have numbers that are NaN or infinite (row 3 first)"]


def test_rare_classes_are_called_out():
    y = Y.copy()
    y[0] = 7
    said = found(frame(), y, test=(0, 1, 7))
    assert said == [
        "classes with a single row: 7",
        "for seed 0 the test part has classes that the training part lacks: 7",
    ]
