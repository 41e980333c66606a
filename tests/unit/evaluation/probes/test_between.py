"""Behaviour between samples."""

from dataclasses import replace

import pytest
import torch
from support.probes import Told, line, probe

from mixsuite.data.rows import Subset
from mixsuite.evaluation.measure import measure


def test_between_counts_points_that_are_neither_and_the_slope():
    """Two rows at 0 and 2 of classes 0 and 1; from 0.5 to 1.5 the model says 2."""
    data = line(3, [0, 2, 1], [0, 2, 1])
    data = replace(data, train=Subset(data.train.x[[0, 2]], torch.tensor([0, 1])))
    found = measure(probe("between(pairs=64, points=8)"), "b", Told(torch.tensor([0, 2, 1])), data, "tabular", 0)
    assert found["metrics"]["misses@b"] == pytest.approx(0.5)
    assert found["metrics"]["gradient@b"] == 0.0

    class Line(torch.nn.Module):
        def forward(self, x, start=0, stop=None):
            return torch.stack([0 * x[:, 0], 3 * x[:, 0], 0 * x[:, 0] - 50], 1)

    x = 2 * (torch.arange(8) + 0.5) / 8
    slope = (3 * (torch.sigmoid(3 * x) - x / 2)).abs().mean()
    found = measure(probe("between(pairs=64, points=8)"), "b", Line(), data, "tabular", 0)
    assert found["metrics"]["gradient@b"] == pytest.approx(float(slope), rel=1e-5)
