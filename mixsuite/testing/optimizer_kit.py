"""The conformance kit for optimisers: train a small net by one, and look at what it does to the weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from mixsuite.plugins.guard import guarded
from mixsuite.plugins.load import told
from mixsuite.testing.findings import Finding
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.recipe import Recipe

_SAMPLE = "a net of 3 layers on 32 rows"


def check_optimizer(optimizer: Optimizer) -> list[Finding]:
    """Check an optimiser on a small net and made-up rows."""
    try:
        with guarded():
            return list(_look(optimizer))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        seen = told(error, 300)
        return [Finding("problem", "steps", _SAMPLE, "build(), and steps", "no exception", seen)]


def _problem(seed: int) -> tuple[nn.Module, Callable[[], Tensor]]:
    """A net with its initial weights, and a function that puts the gradients of its loss beside them."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(32, 6, generator=g)
    y = (x @ torch.randn(6, 3, generator=g)).argmax(1)
    net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(0.3 * torch.randn(weight.shape, generator=g))

    def differentiate() -> Tensor:
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss.detach()

    return net, differentiate


def _trained(optimizer: Optimizer, lr: float, steps: int, share: float = 1.0) -> tuple[nn.Module, list[float]]:
    net, differentiate = _problem(7)
    recipe = Recipe(model="any", optimizer="any", lr=lr, steps=steps, batch=32)
    at_work = optimizer.steps(dict(net.named_parameters()), recipe)
    return net, [float(at_work.step(lr * share, differentiate)) for _ in range(steps)]


def _resumed(optimizer: Optimizer, lr: float, steps: int) -> nn.Module:
    """A net after so many steps twice, the second half by a new optimiser that has the first one's state."""
    (net, differentiate), recipe = _problem(7), Recipe(model="any", optimizer="any", lr=lr, steps=2 * steps, batch=32)
    first = optimizer.steps(dict(net.named_parameters()), recipe)
    for _ in range(steps):
        first.step(lr, differentiate)
    second = optimizer.steps(dict(net.named_parameters()), recipe)
    second.load_state_dict(copy.deepcopy(dict(first.state_dict())))
    for _ in range(steps):
        second.step(lr, differentiate)
    return net


def _look(optimizer: Optimizer) -> Iterator[Finding]:
    def judged(good: bool, name: str, tried: str, expected: str, seen: str) -> Finding:
        return Finding("ok" if good else "problem", name, _SAMPLE, tried, expected, "" if good else seen)

    falls = {lr: losses for lr in (0.1, 0.01, 0.001) for _, losses in [_trained(optimizer, lr, 60)]}
    best = min(falls, key=lambda lr: falls[lr][-1])
    seen = ", ".join(f"{losses[0]:.3g} to {losses[-1]:.3g} at lr {lr}" for lr, losses in falls.items())
    yield judged(falls[best][-1] < 0.9 * falls[best][0], "the loss falls", "60 steps at three rates", "a fall", seen)
    first, again = (_trained(optimizer, best, 5)[0].state_dict() for _ in range(2))
    same = all(torch.equal(first[key], again[key]) for key in first)
    yield judged(same, "same start, same bytes", "5 steps, twice", "the same weights", "others: it draws by itself")
    first, again = _trained(optimizer, best, 6)[0].state_dict(), _resumed(optimizer, best, 3).state_dict()
    same = all(torch.equal(first[key], again[key]) for key in first)
    seen = "other weights: its state_dict() lacks something"
    yield judged(same, "it goes on from its state", "3 steps, a new one with its state, 3 more", "those of 6", seen)
    still, start = _trained(optimizer, best, 3, share=0.0)[0].state_dict(), _problem(7)[0].state_dict()
    moved = [key for key in start if not torch.equal(still[key], start[key])]
    tried = "3 steps at a learning rate of 0"
    yield judged(not moved, "it follows the schedule", tried, "weights that stay", f"moved: {', '.join(moved)}")
    after = _trained(optimizer, best, 3)[0].state_dict()
    stuck = [key for key in start if torch.equal(after[key], start[key])]
    seen = f"not moved: {', '.join(stuck)}"
    yield judged(not stuck, "every weight learns", "3 steps", "weights that have moved", seen)
