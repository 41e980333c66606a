"""Models in stages: running from site to site, and the shapes there."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mixsuite.models.base import Staged, as_staged, site_shapes


@pytest.mark.parametrize(
    ("domain", "model", "shapes"),
    [
        ("images", "conv(width=4)", {"input": (1, 6, 6), "hidden": (4, 6, 6), "embedding": (8,)}),
        ("tabular", "mlp(width=8, depth=2)", {"input": (3,), "hidden": (8,), "embedding": (8,)}),
        ("tabular", "mlp(width=8, depth=3)", {"input": (3,), "hidden": (8,), "embedding": (8,)}),
        ("tabular", "embedded(size=5, width=8, depth=2)", {"input": (3,), "hidden": (3, 5), "embedding": (8,)}),
    ],
)
def test_a_model_in_stages_is_the_model(job, domain, model, shapes):
    staged = job("erm", domain=domain, model=model).model
    x = job("erm", domain=domain).data.train.x
    assert site_shapes(staged, x[:2]) == shapes
    staged.eval()
    whole = staged(x)
    assert whole.shape == (len(x), 2)
    for gap in staged.sites.values():
        assert torch.equal(staged(staged(x, 0, gap), gap), whole)


class Padded(nn.Module):
    """Shortens a clip and its mask."""

    def forward(self, clip):
        return clip[0][:, :, ::2], clip[1][:, :, ::2]


def test_a_part_of_the_stages_is_run_and_what_is_between_two_places_alone():
    stages = [nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)]
    model, x = Staged(stages, {"input": 0, "hidden": 2}), torch.randn(5, 3)
    assert torch.equal(model(x), stages[2](stages[1](stages[0](x))))
    assert torch.equal(model(x, 0, 1), stages[0](x))
    assert torch.equal(model(stages[0](x), 1, 2), stages[1](stages[0](x)))
    assert model(x, 0, 0) is x
    assert model(x, 3) is x
    assert model.num_fixed_stages == 0


@pytest.mark.parametrize("training", [True, False])
def test_shapes_are_of_the_first_leaf_and_looking_leaves_no_trace(training):
    model = Staged([Padded(), nn.Identity()], {"wave": 0, "input": 1}, 1).train(training)
    assert site_shapes(model, (torch.zeros(2, 3, 8), torch.ones(2, 1, 8))) == {"wave": (3, 8), "input": (3, 4)}
    norm = Staged([nn.BatchNorm1d(3)], {"input": 0, "embedding": 1}).train(training)
    assert site_shapes(norm, torch.randn(2, 3)) == {"input": (3,), "embedding": (3,)}
    assert norm.training == training
    assert int(norm.stages[0].num_batches_tracked) == 0


def test_any_module_is_a_net_of_one_stage_with_its_named_sites(job):
    """Several leaves are its arguments; outputs may be an object."""

    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x, mask):
            return SimpleNamespace(logits=self.layer(x * mask))

    model = SimpleNamespace(sites={"hidden": "layer"}, members=1, stackable=False, capturable=None)
    net, (x, mask) = as_staged(Pair(), model), (torch.randn(5, 3), torch.ones(5, 1))
    assert net((x, mask)).shape == (5, 2)
    assert (net.sites, net.inner) == ({"input": 0}, {"hidden": "stages.0.module.layer"})
    assert site_shapes(net, (x, mask)) == {"input": (3,), "hidden": (3,)}
    assert net.draws


@pytest.mark.parametrize(
    ("layer", "draws"),
    [
        (nn.Dropout(0.5), True),
        (nn.Dropout(0.0), False),
        (nn.MultiheadAttention(4, 2, dropout=0.5), True),
        (nn.MultiheadAttention(4, 2), False),
        (nn.Linear(3, 3), False),
    ],
)
def test_a_net_draws_if_it_drops(layer, draws):
    assert Staged([layer], {"input": 0}).draws == draws
