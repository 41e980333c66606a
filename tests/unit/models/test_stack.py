"""Models of one shape as one: a stack is its models side by side."""

import pytest
import torch
from torch import nn

from mixsuite.models.base import Staged
from mixsuite.models.stack import (
    Stacked,
    StackedConv1d,
    StackedConv2d,
    StackedLinear,
    Unstackable,
    Wide,
    stack,
    unstack,
)


class Residual(nn.Module):
    """A layer with a forward of its own around a convolution."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)

    def forward(self, x):
        return x + torch.relu(self.norm(self.conv(x)))


def model(seed):
    torch.manual_seed(seed)
    layers = [nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), Residual()), nn.Sequential()]
    layers[1] = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 3, bias=False))
    return Staged(layers, {"input": 0, "hidden": 1}).double()


def test_a_stack_is_its_models_side_by_side():
    """Training and evaluation mode, every start and stop; and out of the stack come the models again."""
    models = [model(seed) for seed in range(3)]
    together = stack(models)
    x = torch.randn(3, 5, 2, 8, 8, dtype=torch.float64)
    for training in (True, False):
        for one in (together, *models):
            one.train(training)
        alone = torch.stack([one(rows) for one, rows in zip(models, x, strict=True)])
        torch.testing.assert_close(together(x.flatten(0, 1)).unflatten(0, (3, 5)), alone)
    torch.testing.assert_close(together(together(x.flatten(0, 1), 0, 1), 1).unflatten(0, (3, 5)), alone)
    for slot, one in enumerate(models):
        fresh = model(9)
        unstack(together, slot, fresh)
        for name, value in one.state_dict().items():
            torch.testing.assert_close(fresh.state_dict()[name], value, msg=name)


@pytest.mark.parametrize(
    "layer",
    [nn.PReLU(), nn.Conv2d(1, 1, 3, padding_mode="circular"), nn.BatchNorm2d(1, affine=False), nn.LayerNorm(3)],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_without_a_twin_is_refused_by_name(layer):
    models = [Staged([nn.Sequential(layer)], {"input": 0}) for _ in range(2)]
    with pytest.raises(Unstackable, match=r"PReLU|padding_mode|BatchNorm|LayerNorm"):
        stack(models)


def trained(layers, x):
    """Gradients and buffers of each layer alone, for its own rows."""
    found = []
    for layer, rows in zip(layers, x, strict=True):
        layer.zero_grad()
        layer(rows).square().sum().backward()
        found.append({name: weight.grad for name, weight in layer.named_parameters()})
    return found


@pytest.mark.parametrize(
    ("make", "twin", "shape"),
    [
        (lambda: nn.Linear(5, 3), StackedLinear, (5,)),
        (lambda: nn.Linear(5, 3, bias=False), StackedLinear, (4, 5)),
        (lambda: nn.Conv2d(2, 3, 3, padding=1), StackedConv2d, (2, 6, 7)),
        (lambda: nn.Conv2d(4, 6, 3, stride=2, groups=2, dilation=2, bias=False), StackedConv2d, (4, 9, 9)),
        (lambda: nn.Conv1d(3, 4, 5, stride=2, padding=2), StackedConv1d, (3, 11)),
        (lambda: nn.Conv1d(3, 4, 3, padding="same", dilation=2), StackedConv1d, (3, 11)),
    ],
)
def test_each_run_meets_its_own_weights_in_value_and_gradient(make, twin, shape):
    torch.manual_seed(0)
    layers = [make().double() for _ in range(3)]
    x = torch.randn(3, 4, *shape, dtype=torch.float64)
    together = twin(layers)
    out = together(x.flatten(0, 1))
    out = out.rows() if isinstance(out, Wide) else out
    torch.testing.assert_close(
        out.unflatten(0, (3, 4)), torch.stack([one(h) for one, h in zip(layers, x, strict=True)])
    )
    out.square().sum().backward()
    for run, grads in enumerate(trained(layers, x)):
        for name, grad in grads.items():
            torch.testing.assert_close(getattr(together, name).grad[run], grad)


@pytest.mark.parametrize("runs", [1, 3])
def test_wide_pictures_are_rows_again(runs):
    rows = torch.randn(runs * 4, 5, 2, 3)
    wide = Wide.of(rows, runs)
    assert wide.x.shape == (4, runs * 5, 2, 3)
    assert runs == 1 or wide.x.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(wide.rows(), rows)
    for run in range(runs):
        assert torch.equal(wide.x[:, 5 * run : 5 * run + 5], rows[4 * run : 4 * run + 4])


def test_a_stack_holds_its_layers_names_with_an_axis_of_runs():
    layers = [nn.BatchNorm2d(3) for _ in range(2)]
    layers[1].running_mean += 1
    held = Stacked(layers).state_dict()
    assert {name: tuple(value.shape) for name, value in held.items()} == {
        "weight": (2, 3), "bias": (2, 3), "running_mean": (2, 3), "running_var": (2, 3), "num_batches_tracked": (2,),
    }  # fmt: skip
    assert held["running_mean"].tolist() == [[0] * 3, [1] * 3]


def test_running_statistics_are_each_runs_own():
    layers = [nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.ReLU()) for _ in range(3)]
    models = [Staged([layer], {"input": 0}).double() for layer in layers]
    together, x = stack(models), torch.randn(3, 6, 2, 4, 4, dtype=torch.float64)
    for _ in range(3):
        together(x.flatten(0, 1))
        for one, rows in zip(models, x, strict=True):
            one(rows)
    state = together.state_dict()
    for run, one in enumerate(models):
        for name, value in one.state_dict().items():
            torch.testing.assert_close(state[name][run], value)


def test_stages_before_the_start_are_the_first_models_and_are_not_stacked():
    models = [model(seed) for seed in range(2)]
    together = stack(models, start=1)
    assert together.stages[0] is models[0].stages[0]
    h = torch.randn(2, 5, 4, 4, 4, dtype=torch.float64)
    alone = torch.stack([one(rows, 1) for one, rows in zip(models, h, strict=True)])
    torch.testing.assert_close(together(h.flatten(0, 1), 1).unflatten(0, (2, 5)), alone)
    fresh, before = model(9), model(9)
    unstack(together, 1, fresh, 1)
    assert torch.equal(fresh.stages[1][2].weight, models[1].stages[1][2].weight)
    assert torch.equal(fresh.stages[0][0].weight, before.stages[0][0].weight)


class Frozen(nn.Linear):
    """A layer whose weights are not trained."""

    def __init__(self):
        super().__init__(3, 3)
        self.requires_grad_(False)


SHARED = nn.Linear(3, 3)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (lambda: [SHARED, SHARED], "a layer that stands in two places"),
        (lambda: [nn.Linear(3, 3), nn.Dropout(0.1)], "dropout"),
        (lambda: [nn.Linear(3, 3), Frozen()], "weights that are not trained"),
        (lambda: [Frozen().requires_grad_()], "the layer Frozen has no twin"),
    ],
)
def test_what_cannot_train_side_by_side_is_said(layers, said):
    models = [Staged([nn.Sequential(*layers())], {"input": 0}) for _ in range(2)]
    with pytest.raises(Unstackable, match=said):
        stack(models)


def test_dropout_of_nothing_is_no_hindrance():
    models = [Staged([nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.0))], {"input": 0}) for _ in range(2)]
    x = torch.randn(2, 4, 3)
    alone = torch.stack([one(rows) for one, rows in zip(models, x, strict=True)])
    torch.testing.assert_close(stack(models)(x.flatten(0, 1)).unflatten(0, (2, 4)), alone)


def test_wide_pictures_are_channels_last_whatever_their_channels():
    """Of one channel too, where no copy is needed to be wide: else pools are several times slower."""
    for channels in (1, 3):
        wide = Wide.of(torch.randn(6, channels, 4, 4), 3).x
        assert wide.is_contiguous(memory_format=torch.channels_last)
