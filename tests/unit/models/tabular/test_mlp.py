"""The perceptron for tables, written out."""

import torch
from torch import nn
from torch.nn import functional as F

from mixsuite.data.rows import Data, Subset
from mixsuite.models.tabular.mlp import Mlp


def data(columns=5, classes=3):
    part = Subset(torch.zeros(4, columns), torch.zeros(4, dtype=torch.int64))
    return Data(part, part, part, "class", classes)


def test_it_is_layer_after_layer():
    model, h = Mlp(dropout=0.0, width=7, depth=3).build(data()), torch.randn(6, 5)
    weights, out = list(model.parameters()), h
    assert [tuple(w.shape) for w in weights[::2]] == [(7, 5), (7, 7), (7, 7), (3, 7)]
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        out = F.linear(out, weight, bias).clamp(min=0)
    torch.testing.assert_close(model(h), F.linear(out, *weights[-2:]))
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 3}
    assert model.num_fixed_stages == 0


def test_dropout_stands_behind_every_hidden_layer():
    model = Mlp(dropout=0.25, width=7, depth=2).build(data())
    assert [layer.p for layer in model.modules() if isinstance(layer, nn.Dropout)] == [0.25, 0.25]
    model.train()
    h = torch.ones(64, 5)
    assert (model(h, 0, 1) == 0).any(0).sum() >= 1
    assert not torch.equal(model(h), model(h))
    assert torch.equal(model.eval()(h), model(h))
