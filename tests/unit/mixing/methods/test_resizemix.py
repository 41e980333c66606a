"""ResizeMix: the whole partner, shrunk."""

import numpy as np
import pytest
import torch
from support.methods import method, plan_of, shares


def test_resizemix_pastes_the_whole_partner():
    x = torch.zeros(12, 1, 20, 20) + torch.linspace(0, 1, 20)  # brighter from left to right
    x = x + 10 * torch.arange(12).reshape(-1, 1, 1, 1)
    for step in range(30):
        plan = plan_of("resizemix", shape=(1, 20, 20), step=step)
        mixed = method("resizemix").mix(x, plan)
        for i, j in enumerate(plan.partner.tolist()):
            box = (plan.wx[i, 0] == 0).nonzero()
            (top, left), (bottom, right) = box.amin(0).tolist(), box.amax(0).tolist()
            assert len(box) == (bottom - top + 1) * (right - left + 1)
            assert bottom - top == right - left
            assert float(plan.wy[i]) == pytest.approx(1 - len(box) / 400)
            pasted = mixed[i, 0, top : bottom + 1, left : right + 1] - 10 * j
            size = right - left + 1
            wanted = ((torch.arange(size) + 0.5) * 20 / size - 0.5).clamp(0, 19) / 19  # the whole width, shrunk
            torch.testing.assert_close(pasted, wanted.expand(size, size), atol=1e-3, rtol=1e-3)
            outside = plan.wx[i, 0] == 1
            assert torch.equal(mixed[i, 0][outside], x[i, 0][outside])
    sides = [np.sqrt(1 - v) for v in shares("resizemix", shape=(1, 20, 20))]
    assert min(sides) >= 0.05
    assert max(sides) <= 0.8
    assert np.mean(sides) == pytest.approx(0.45 - 0.025, abs=0.03)  # rounded down to whole pixels
