"""A model's stages, run over the rows of one part."""

import pytest
import torch
from torch import nn

from mixsuite.data.rows import Subset
from mixsuite.models.base import Staged
from mixsuite.training.predict import BATCH, predict, run_stages


def model():
    torch.manual_seed(0)
    layers = [nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5)), nn.Linear(4, 2)]
    return Staged(layers, {"input": 0, "hidden": 1, "embedding": 2})


def part(n):
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(1))
    return Subset(x, torch.zeros(n, dtype=torch.int64))


@pytest.mark.parametrize("n", [1, BATCH, BATCH + 1, 2 * BATCH + 7])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_are_those_of_every_row_in_evaluation_mode_in_order(n, training):
    net, rows = model().train(training), part(n)
    out = predict(net, rows)
    assert net.training == training
    assert not out.requires_grad
    assert int(net.stages[1][0].num_batches_tracked) == 0
    net.eval()
    torch.testing.assert_close(out, net(rows.x))


def test_a_part_of_the_stages_and_none_of_them():
    net, rows = model(), part(5)
    assert run_stages(net, rows, 1, 1) is rows.x
    net.eval()
    torch.testing.assert_close(run_stages(net, rows, 0, 2), net(rows.x, 0, 2))


def test_outputs_in_half_precision_are_widened():
    net = model().to(torch.bfloat16)
    rows = Subset(part(5).x.to(torch.bfloat16), part(5).y)
    assert predict(net, rows).dtype == torch.float32
    assert predict(model().double(), Subset(part(5).x.double(), part(5).y)).dtype == torch.float64
