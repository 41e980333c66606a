"""Check what a method remembers: it can be saved and loaded, and updating it changes nothing else."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator

import torch

from mixsuite.mixing.memory import has_memory, memory_of
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import Trial, judged


def memory_can_be_saved(trial: Trial) -> Iterator[Finding]:
    """Save a memory after a few steps, load it into a new one, and compare; the model must stay as it is."""
    if not has_memory(trial.method):
        return
    batch, net = trial.batch(ROWS), copy.deepcopy(trial.net)
    for weight in net.parameters():
        weight.data += 0.1  # as a step would move it
    before = copy.deepcopy(net.state_dict())
    if batch.memory is None:
        yield Finding("note", "memory can be saved", trial.name, "memory()", "", "None here: nothing to remember")
        return
    for step in range(3):
        own = trial.batch(ROWS, step)._replace(memory=batch.memory)
        trial.method.remember(own, net)
    kept = io.BytesIO()
    torch.save(batch.memory.state_dict(), kept)
    kept.seek(0)
    again = memory_of(trial.method, trial.net, trial.train, torch.device("cpu"))
    assert again is not None
    again.load_state_dict(torch.load(kept, weights_only=True))
    one, other = batch.memory.state_dict(), again.state_dict()
    lost = [name for name in one if not torch.equal(one[name], other[name])]
    tried = "state_dict() after three steps, loaded into a new memory"
    yield judged(
        trial, "memory can be saved", not lost, tried, "the same tensors", f"others: {', '.join(lost)}", "memory"
    )
    numbers = [
        key
        for key, value in vars(batch.memory).items()
        if not key.startswith("_") and key != "training" and value != getattr(again, key, None)
    ]
    seen = f"{', '.join(numbers)}: attributes that are no buffers are lost"
    yield judged(
        trial, "memory can be saved", not numbers, tried, "all of it in parameters and buffers", seen, "memory"
    )
    moved = [name for name, value in net.state_dict().items() if not torch.equal(value, before[name])]
    seen = f"changed: {', '.join(moved)}"
    yield judged(trial, "the model stays", not moved, "remember()", "the model as it was", seen, "remember")
