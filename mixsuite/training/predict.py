"""Run a model's stages over the rows of one part."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from mixsuite.data.rows import Subset
from mixsuite.data.state import State, concatenate, take_rows
from mixsuite.data.streamed import Streamed
from mixsuite.models.base import Staged

BATCH = 512


@torch.no_grad()
def run_stages(model: Staged, part: Subset, start: int, stop: int | None) -> State:
    """The state [n, ...] after stages start .. stop-1 in eval mode, in the part's order."""
    if start == stop:
        return part.x
    training = model.training
    model.eval()
    state = concatenate([model(block, start, stop) for block in _blocks(part)])
    model.train(training)
    return state


def _blocks(part: Subset) -> Iterator[State]:
    """A part's rows in their order, in blocks."""
    if isinstance(part.x, Streamed):
        return part.x.in_order()
    rows = torch.arange(len(part), device=part.y.device)
    return (take_rows(part.x, block) for block in rows.split(BATCH))


def predict(model: Staged, part: Subset) -> Tensor:
    """The outputs [n, outputs] for a part in its order, in at least float32."""
    out = run_stages(model, part, 0, None)
    assert isinstance(out, Tensor)
    return out.float() if out.dtype in (torch.float16, torch.bfloat16) else out
