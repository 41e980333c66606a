"""A list in place of a value stands for several entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sources import INTRA_MIX

from mixsuite.errors import InputError
from mixsuite.mixing.method import Method
from mixsuite.plugins.kinds import METHOD
from mixsuite.plugins.sweeps import _takes, swept


def entries(text):
    return [str(call) for call in swept(METHOD, text, Method)]


def test_each_item_is_an_entry_and_several_lists_are_combined():
    assert entries("mixup") == ["mixup"]
    assert entries("mixup(alpha=0.2)") == ["mixup(alpha=0.2)"]
    assert entries("mixup(alpha=[0.1, 0.2])") == ["mixup(alpha=0.1)", "mixup(alpha=0.2)"]
    assert entries("mixup(alpha=(1,), lam=[row, batch])") == [
        'mixup(alpha=1, lam="row")',
        'mixup(alpha=1, lam="batch")',
    ]


@given(st.lists(st.floats(0.01, 9), min_size=1, max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_every_combination_is_there_once_in_order(alphas, lengths):
    found = swept(METHOD, f"mixup(alpha={alphas}, length={lengths})", Method)
    assert [(dict(c.params)["alpha"], dict(c.params)["length"]) for c in found] == [
        (a, k) for a in alphas for k in lengths
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mixup(alpha=[])", r"alpha=\[\] is a sweep of no value"),
        (f"mixup(alpha={list(range(1, 30))}, length={list(range(1, 30))})", "a sweep of 841 entries; allowed are 200"),
        ("mixpu(alpha=[1, 2])", "unknown method 'mixpu'"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        entries(text)


def test_a_list_that_a_parameter_takes_is_its_value(tmp_path):
    source = INTRA_MIX.replace("alpha: float", "sides: tuple[float, ...] = (1.0,)\n    alpha: float", 1)
    (tmp_path / "own.py").write_text(source)
    entry = f"{tmp_path / 'own.py'}(sides=[1, 2], alpha=[1, 2])"
    assert [dict(c.params)["sides"] for c in swept(METHOD, entry, Method)] == [(1, 2)] * 2


def test_a_type_takes_what_it_can_hold():
    assert _takes(tuple[float, ...], (1, 2))
    assert not _takes(float, (1, 2))


def test_an_unknown_parameter_is_left_to_those_who_bind_it():
    assert entries("mixup(alhpa=[1, 2])") == ["mixup(alhpa=[1, 2])"]
