"""RecursiveMix: each step's pictures and targets, followed by hand through what went into them."""

import pytest
import torch
from support.methods import method, picture_plan, rows, shares
from torch.nn import functional as F

from mixsuite.mixing import Batch, Mixer, Tail, TaskInfo, TrainInfo
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.recursive_mix import RecursiveMix

SHAPE = (2, 9, 12)


def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(216, 4))


def past(text):
    return method(text).memory(None, TrainInfo(rows(4, SHAPE), torch.arange(4), 4, 4, "class", ()))


def step(text, memory, number, n=16, seen=None):
    """(rows, targets, plan, the objective of one step); what enters the net is appended to ``seen``."""
    x, y, model = rows(n, SHAPE, seed=number), torch.arange(n) % 4, net()
    batch = Batch(y, SHAPE, torch.tensor(0.0), {}, step=number, memory=memory)
    plan = picture_plan(text, n=n, shape=SHAPE, step=number)

    def run(h):
        if seen is not None:
            seen.append(h.detach())
        return model(h)

    return x, F.one_hot(y, 4).float(), plan, method(text).objective(Tail(run), x, batch, plan, cross_entropy)


def pasted(x, other, plan):
    """The rows with the others' shrunk in their boxes, row by row."""
    out = x.clone()
    for i, own in enumerate(plan.wx[:, 0]):
        box = (own == 0).nonzero()
        (top, left), (bottom, right) = box.amin(0).tolist(), box.amax(0).tolist()
        size = bottom - top + 1, right - left + 1
        assert len(box) == size[0] * size[1]
        out[i, :, top : bottom + 1, left : right + 1] = F.interpolate(other[i][None], size, mode="bilinear")[0]
    return out


@pytest.mark.parametrize("text", ["recursive_mix", "recursive_mix(lam=row)", "recursive_mix(keep=5)"])
def test_the_last_steps_rows_and_targets_are_mixed_into_this_steps(text):
    memory, seen, old_x, old_y = past(text), [], None, None
    for number in range(4):
        x, y, plan, found = step(text, memory, number, seen=seen)
        if old_x is None:
            other_x, other_y = x[plan.partner], y[plan.partner]
        else:
            kept = old_x[:5], old_y[:5]
            row = plan.partner % 5
            other_x, other_y = (
                (old_x[plan.partner], old_y[plan.partner]) if "keep" not in text else (v[row] for v in kept)
            )
        old_x, old_y = pasted(x, other_x, plan), plan.wy[:, None] * y + (1 - plan.wy[:, None]) * other_y
        torch.testing.assert_close(seen[-1], old_x, atol=1e-5, rtol=1e-5)
        wanted = -(old_y * net()(old_x).log_softmax(1)).sum(1).mean()
        torch.testing.assert_close(found, wanted)
    assert ((old_y > 0).sum(1) > 2).any()  # targets of several steps


def test_a_step_that_is_computed_twice_gives_the_same_as_for_sharpness_aware_optimisers():
    memory = past("recursive_mix")
    step("recursive_mix", memory, 0)
    first, second = (step("recursive_mix", memory, 1)[3] for _ in "ab")
    assert torch.equal(first, second)


def test_a_smaller_batch_leaves_its_own_rows_alone():
    memory, seen = past("recursive_mix"), []
    step("recursive_mix", memory, 0, n=3)
    x, _, plan, _ = step("recursive_mix", memory, 1, n=16, seen=seen)
    torch.testing.assert_close(seen[0], pasted(x, memory.x[0][plan.partner % 3], plan), atol=1e-5, rtol=1e-5)
    assert memory.count.tolist() == [3, 16]


def test_the_pasts_share_is_uniform_up_to_alpha():
    given = 1 - shares("recursive_mix(alpha=0.3)", shape=(1, 64, 64))
    assert 0.27 < given.max() < 0.32
    assert abs(given.mean() - 0.15) < 0.015


def test_a_loop_goes_on_from_a_checkpoint_with_the_same_past():
    x, y, model = rows(8, SHAPE), torch.arange(8) % 4, net()

    def mixer():
        return Mixer("recursive_mix", seed=0).prepare(x, y)

    whole, first, second = mixer(), mixer(), mixer()
    losses = [whole.loss(model, x, y) for _ in range(4)]
    for _ in range(2):
        first.loss(model, x, y)
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.loss(model, x, y), losses[2])
    assert torch.equal(second.loss(model, x, y), losses[3])
    with pytest.raises(ValueError, match=r"show their form first, by mixer.prepare\(x, y\)"):
        Mixer("recursive_mix", seed=0).loss(model, x, y)


def test_values_out_of_range_and_other_sites_are_refused():
    for bad in ({"alpha": 0}, {"alpha": 2}, {"keep": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            RecursiveMix(**bad)
    sites = {"input": (3, 8, 8), "hidden": (4, 8, 8)}
    assert "its site is input" in RecursiveMix(site="hidden").reject(TaskInfo("images", "class", 3, sites, 8, 100))


def test_weights_of_rows_go_with_their_targets_through_the_past():
    memory, model = past("recursive_mix(lam=row)"), net()
    old_x, old = None, None  # targets times their weights
    for number in range(3):
        x, y = rows(16, SHAPE, seed=number), torch.arange(16) % 4
        weight = 0.5 + (torch.arange(16) % 5).float()
        batch = Batch(y, SHAPE, torch.tensor(0.0), {}, row_weight=weight, step=number, memory=memory)
        plan = picture_plan("recursive_mix(lam=row)", n=16, shape=SHAPE, step=number)
        found = method("recursive_mix(lam=row)").objective(Tail(model), x, batch, plan, cross_entropy)
        own = F.one_hot(y, 4).float() * weight[:, None]
        other = own[plan.partner] if old is None else old[plan.partner]
        old_x, old = (
            pasted(x, x[plan.partner] if old_x is None else old_x[plan.partner], plan),
            (plan.wy[:, None] * own + (1 - plan.wy[:, None]) * other),
        )
        torch.testing.assert_close(found, -(old * model(old_x).log_softmax(1)).sum(1).mean())
