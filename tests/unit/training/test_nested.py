"""Tensors within tuples, named tuples and dicts."""

from typing import NamedTuple

import torch

from mixsuite.mixing import Plan
from mixsuite.training.nested import moved_together, tensors_in, with_tensors


class Pair(NamedTuple):
    first: object
    second: object


def value():
    plan = Plan(torch.arange(3), torch.rand(3, 1), torch.rand(3), extra={"mask": torch.ones(3, 2, dtype=torch.bool)})
    return Pair((torch.rand(2), None), (plan, None, 5))


def test_tensors_come_out_in_order_and_others_go_into_their_places():
    old = value()
    tensors = list(tensors_in(old))
    assert [tuple(tensor.shape) for tensor in tensors] == [(2,), (3,), (3, 1), (3,), (3, 2)]
    new = with_tensors(old, [tensor + 1 for tensor in tensors])
    assert type(new) is Pair
    assert type(new.second[0]) is Plan
    assert new.first[1] is new.second[1] is None
    assert new.second[2] == 5
    assert list(new.second[0].extra) == ["mask"]
    assert all(torch.equal(one, other + 1) for one, other in zip(tensors_in(new), tensors, strict=True))


def test_what_is_where_it_goes_is_not_touched():
    old = value()
    assert moved_together(old, torch.device("cpu")) is old


def test_moved_values_keep_their_form_and_expanded_axes_are_moved_once(monkeypatch):
    """The meta device takes shapes and types alone; numbers are compared on a GPU (test_gpu.py)."""
    old = (torch.rand(4, 1, 1).expand(4, 3, 5), torch.rand(2, 3).t(), torch.arange(4), torch.rand(()))
    sizes, cat = [], torch.cat
    monkeypatch.setattr(torch, "cat", lambda parts: sizes.append(sum(p.numel() for p in parts)) or cat(parts))
    new = moved_together(old, torch.device("meta"))
    assert [(t.shape, t.dtype) for t in new] == [(t.shape, t.dtype) for t in old]
    assert {t.device.type for t in new} == {"meta"}
    assert new[0].stride()[1:] == (0, 0)
    assert sizes == [4 + 6 + 1, 4]  # one transfer a type
