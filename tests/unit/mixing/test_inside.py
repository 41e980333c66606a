"""The input of one submodule, mixed while a model runs."""

import pytest
import torch
from torch import nn

from mixsuite.mixing.inside import run_mixed, run_watched

X = torch.randn(4, 3)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.idle, self.embed = nn.Linear(3, 3), nn.Linear(3, 3), nn.Embedding(9, 3)

    def forward(self, x):
        return self.layer(self.layer(x)) + self.embed(torch.arange(len(x)))


def test_what_enters_is_mixed_and_nothing_else_changes():
    net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    order = torch.tensor([1, 0, 3, 2, 0])
    found = run_mixed("hidden", net[2], 4, lambda h: h[order], lambda: net(X))
    torch.testing.assert_close(found, net(X)[order])
    assert torch.equal(run_mixed("hidden", net[2], 4, lambda h: None, lambda: net(X)), net(X))
    state, out = run_watched("hidden", net[2], 4, lambda: net(X))
    assert torch.equal(state, net[1](net[0](X)))
    assert torch.equal(out, net(X))
    assert not net[2]._forward_pre_hooks


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("layer", 4, "the module runs more than once a pass; name another one"),
        ("idle", 4, "the module does not run"),
        ("embed", 4, "the module is given torch.int64, which cannot be mixed"),
        ("layer", 5, r"the module is not given \[5, ...\] as its first argument"),
    ],
)
def test_a_submodule_that_cannot_be_mixed_is_named(name, rows, said):
    net = Twice()
    with pytest.raises(ValueError, match=f"site 'deep': {said}"):
        run_mixed("deep", getattr(net, name), rows, lambda h: h, lambda: net(X))
    assert not getattr(net, name)._forward_pre_hooks
