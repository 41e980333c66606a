"""Outputs of a trained model for the rows of one part."""

from __future__ import annotations

import torch
from torch import Tensor

from mixsuite.domains.contract import Part, Staged
from mixsuite.mixing.engine import select_rows


@torch.no_grad()
def predict(model: Staged, part: Part, batch: int = 1024) -> Tensor:
    """Outputs in eval mode, in the part's order. [n, outputs], at least float32"""
    training = model.training
    model.eval()
    rows = torch.arange(len(part), device=part.y.device)
    outputs = [model(select_rows(part.x, chunk)) for chunk in rows.split(batch)]
    model.train(training)
    out = torch.cat(outputs)
    return out.float() if out.dtype in (torch.float16, torch.bfloat16) else out
