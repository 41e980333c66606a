"""The cosine schedule against torch's."""

import pytest
import torch

from mixsuite.training.schedules.cosine import Cosine


def test_it_is_torchs():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torchs, wanted = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 8), []
    for _ in range(8):
        wanted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        torchs.step()
    assert [Cosine().factor(t / 8) for t in range(8)] == pytest.approx(wanted)
