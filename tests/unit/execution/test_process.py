"""What is a worker process's own."""

import os

import torch
from support.blocks import train_block

from mixsuite.execution import process


def test_work_begins_in_one_state_and_asks_for_determinism_where_it_wants_it(tiny, monkeypatch):
    asked = []
    monkeypatch.setattr(process.torch, "use_deterministic_algorithms", asked.append)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    block = train_block(tiny, "mixup")
    process.prepare_process(block)
    first = torch.rand(1)
    process.prepare_process(block)
    assert torch.equal(torch.rand(1), first)
    assert not asked
    process.prepare_process(train_block(tiny, "mixup", deterministic=True))
    assert asked == [True]
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_what_was_changed_is_told_and_put_back():
    before = process.process_state()
    torch.set_default_dtype(torch.float64)
    try:
        changed = [what for what, (value, _) in process.process_state().items() if value != before[what][0]]
        assert changed == ["the default dtype"]
    finally:
        value, put_back = before["the default dtype"]
        put_back(value)
    assert torch.get_default_dtype() == torch.float32
