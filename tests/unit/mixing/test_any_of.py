"""A mixer that draws one of several methods for each batch."""

import copy
import pickle

import pytest
import torch
from torch import nn

from mixsuite.mixing import Mixer

X, Y = torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 3
NET = nn.Sequential(nn.Flatten(), nn.Linear(108, 3))


def drawn(mixer, steps):
    """What each step's mixed rows are."""
    return [mixer(X, Y)[0] for _ in range(steps)]


def alone(method, steps):
    return drawn(Mixer(method, seed=0), steps)


def test_each_step_is_that_of_one_method_alone():
    both = drawn(Mixer(["mixup", "cutmix"], seed=0), 40)
    one, other = alone("mixup", 40), alone("cutmix", 40)
    counts = [0, 0]
    for mixed, a, b in zip(both, one, other, strict=True):
        assert torch.equal(mixed, a) != torch.equal(mixed, b)
        counts[int(torch.equal(mixed, b))] += 1
    assert min(counts) > 10


@pytest.mark.parametrize(
    ("prob", "shares"), [(None, (0.5, 0.5)), (0.6, (0.3, 0.3)), ((0.7, 0.2), (0.7, 0.2)), ((1, 0), (1, 0)), (0, (0, 0))]
)
def test_methods_come_as_often_as_asked_and_the_rest_is_not_mixed(prob, shares):
    mixer = Mixer(["mixup", "cutmix"], seed=3, prob=prob)
    names = [mixer._drawn().name for _ in range(3000)]
    for name, share in zip(("mixup", "cutmix", "erm"), (*shares, 1 - sum(shares)), strict=True):
        assert names.count(name) / 3000 == pytest.approx(share, abs=0.03)


def test_it_resumes_and_is_copied():
    first = Mixer(["mixup", "cutmix"], seed=0, prob=0.8)
    losses = [float(first.loss(NET, X, Y).detach()) for _ in range(4)]
    state, twin, packed = first.state_dict(), copy.deepcopy(first), pickle.dumps(first)
    rest = [float(first.loss(NET, X, Y).detach()) for _ in range(6)]
    again = Mixer(["mixup", "cutmix"], seed=0, prob=0.8)
    again.load_state_dict(state)
    for other in (again, twin, pickle.loads(packed)):
        assert [float(other.loss(NET, X, Y).detach()) for _ in range(6)] == rest
    assert again.step == 10
    assert losses
    with pytest.raises(ValueError, match="this state is of method"):
        Mixer(["mixup", "cutmix"], seed=0, prob=0.7).load_state_dict(state)
    assert repr(first).startswith('Mixer("any_of(mixup: 0.4, cutmix: 0.4)", seed=0')


@pytest.mark.parametrize(
    "prob", [1.5, (0.6, 0.6), (-0.1, 0.5), float("nan"), (0.5,), (0.2, 0.2, 0.2), {"a": 1}, True, "1"]
)
def test_probabilities_that_are_none_are_refused(prob):
    with pytest.raises(ValueError, match="prob"):
        Mixer(["mixup", "cutmix"], seed=0, prob=prob)


def test_no_method_is_refused():
    with pytest.raises(ValueError, match="0 methods"):
        Mixer([], seed=0)


def test_it_says_what_it_is_and_probabilities_that_differ_a_little_are_others():
    one = Mixer(["mixup", "cutmix"], seed=0, prob=(0.1234, 0.5), kind="class", rank=1)
    assert (one.kind, one.rank, one.steps) == ("class", 1, None)
    with pytest.raises(ValueError, match="this state is of method"):
        Mixer(["mixup", "cutmix"], seed=0, prob=(0.12341, 0.5)).load_state_dict(one.state_dict())


def test_it_resumes_after_its_first_step():
    sizes = (8, 4, 8, 4)
    whole = Mixer(["mixup", "erm"], seed=1)
    losses = [float(whole.loss(NET, X[:n], Y[:n]).detach()) for n in sizes]
    first = Mixer(["mixup", "erm"], seed=1)
    first.loss(NET, X, Y)
    again = Mixer(["mixup", "erm"], seed=1)
    again.load_state_dict(first.state_dict())
    assert first.state_dict()["width"] == 8
    assert [float(again.loss(NET, X[:n], Y[:n]).detach()) for n in sizes[1:]] == losses[1:]
