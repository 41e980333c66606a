"""Digests: one changed bit, type, shape or name changes them; the place in memory does not."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite.data.digest import digest, update

BASE = np.arange(12, dtype=np.float32).reshape(3, 4)


def changed(place=(2, 3)):
    other = BASE.copy()
    other[place] = np.nextafter(other[place], np.float32(99))
    return other


@pytest.mark.parametrize(
    "other",
    [
        changed(), changed((0, 0)), BASE.astype(np.float64), BASE.reshape(4, 3), BASE.ravel(), BASE[:, ::-1], BASE.T, BASE[:2],
        BASE.tolist(), None, "x", [BASE], [BASE, BASE],
    ],
)  # fmt: skip
def test_another_value_has_another_digest(other):
    assert digest(BASE) != digest(other)


@pytest.mark.parametrize(
    "same",
    [
        BASE.copy(), np.asfortranarray(BASE), np.repeat(BASE, 2, axis=0)[::2], torch.from_numpy(BASE.copy()),
        torch.from_numpy(BASE.copy()).requires_grad_(), torch.from_numpy(BASE.T.copy()).T,
    ],
)  # fmt: skip
def test_how_a_value_lies_in_memory_is_of_no_consequence(same):
    assert digest(BASE) == digest(same)


def test_the_digest_of_an_array_is_written_down():
    state = hashlib.sha256()
    state.update(b"<f4(3, 4)" + BASE.tobytes() + b"|")
    assert digest(BASE) == state.hexdigest()[:16]
    assert len(digest()) == 16


def test_nesting_and_order_count():
    a, b = np.arange(2), np.arange(3)
    assert len({digest(a, b), digest(b, a), digest([a], b), digest([a, b]), digest([a], [b])}) == 5
    assert digest(1) != digest("1") != digest(b"1")
    assert digest(1) != digest(1.0)
    assert digest(1) != digest(True)


def test_ragged_arrays_are_hashed_row_by_row():
    def ragged(last):
        x = np.empty(2, dtype=object)
        x[:] = [np.arange(3), np.arange(last)]
        return x

    assert digest(ragged(4)) == digest(ragged(4))
    assert digest(ragged(4)) != digest(ragged(5))


def test_a_frame_is_its_columns_names_and_values():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})
    assert digest(frame) == digest(frame.copy())
    others = [
        frame.rename(columns={"a": "c"}),
        frame[["b", "a"]],
        frame.astype({"a": int}),
        frame.fillna("y"),
        frame[::-1],
    ]
    assert len({digest(frame), *map(digest, others)}) == 6
    assert digest(frame.set_axis([5, 6])) == digest(frame)  # the index is no part of the rows


def test_values_fed_one_by_one_are_values_fed_together():
    one, other = hashlib.sha256(), hashlib.sha256()
    for value in (BASE, "x", 3):
        update(one, value)
    update(other, BASE)
    update(other, "x")
    update(other, 3)
    assert one.hexdigest() == other.hexdigest()
