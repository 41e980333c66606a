"""What a method remembers in a run: made once, kept out of the model, saved and loaded with a Mixer."""

import copy
import io

import pytest
import torch
from support.paths import OUTSIDERS
from torch import nn

from mixsuite.mixing import Method, Mixer, Plan
from mixsuite.mixing.memory import has_memory, load_memory, memory_of

TEACHER = str(OUTSIDERS / "teacher.py")


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))


def remembering(made):
    class Remembers(Method):
        stackable = False

        def memory(self, net, train):
            return made(net)

        def plan(self, batch, rng):
            return Plan(rng.permutation(len(batch.y)), torch.ones(len(batch.y)), torch.ones(len(batch.y)))

    return Remembers()


def test_a_method_that_writes_it_has_a_memory():
    assert has_memory(remembering(nn.Identity))
    assert not has_memory(Mixer("mixup", seed=0).method)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda net: {"teacher": 1}, "memory\\(\\) must return a torch module or None, returned a dict"),
        (lambda net: net, "memory\\(\\) keeps the model itself"),
        (nn.Sequential, "memory\\(\\) keeps the model itself"),
    ],
)
def test_what_is_no_memory_is_refused(made, said):
    with pytest.raises(TypeError, match=said):
        memory_of(remembering(made), net(), None, torch.device("cpu"))


def test_nothing_to_remember_is_none():
    assert memory_of(remembering(lambda net: None), net(), None, torch.device("cpu")) is None


def test_a_class_with_a_memory_says_that_it_cannot_be_stacked():
    for flag in ("", "stackable = True"):
        with pytest.raises(TypeError, match="declare in the class, stackable = False"):
            exec(
                f"class Bad(Method):\n    {flag or 'pass'}\n    def memory(self, net, train): ...\n"
                "    def plan(self, batch, rng): ...",
                {"Method": Method},
            )


def test_a_memory_of_another_form_is_refused_in_one_line():
    with pytest.raises(ValueError, match="this state's memory does not fit: Error"):
        load_memory(net(), nn.Linear(2, 2).state_dict())


def steps(mixer, model, rows, start=0):
    """Train on rows; the losses."""
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.1), []
    for x, y in rows[start:]:
        loss = mixer.loss(model, x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def test_a_mixer_remembers_and_goes_on_from_a_checkpoint_as_if_it_had_not_stopped():
    g = torch.Generator().manual_seed(1)
    rows = [(torch.randn(8, 4, generator=g), torch.randint(0, 3, (8,), generator=g)) for _ in range(6)]
    whole, model = Mixer(TEACHER, seed=0), net()
    before = copy.deepcopy(model.state_dict())
    wanted = steps(whole, model, rows)
    assert any(
        not torch.equal(v, before[k]) for k, v in whole._remembers.memory.state_dict().items()
    )  # the teacher has moved
    first, model = Mixer(TEACHER, seed=0), net()
    steps(first, model, rows[:3])
    kept, memory = io.BytesIO(), copy.deepcopy(first._remembers.memory.state_dict())
    torch.save((first.state_dict(), model.state_dict()), kept)
    for key, value in first._remembers.memory.state_dict().items():
        assert torch.equal(value, memory[key])  # a checkpoint changes nothing
    kept.seek(0)
    state, weights = torch.load(kept, weights_only=True)
    again, other = Mixer(TEACHER, seed=0), net()
    again.load_state_dict(state)
    other.load_state_dict(weights)
    assert steps(again, other, rows, start=3) == pytest.approx(wanted[3:], rel=1e-6)


def test_a_state_without_the_memory_is_refused():
    mixer = Mixer(TEACHER, seed=0)
    state = mixer.state_dict() | {"step": 2}
    with pytest.raises(ValueError, match="this state of step 2 has no memory, which teacher has"):
        mixer.load_state_dict(state)
    with pytest.raises(ValueError, match="this state has a memory, which mixup has not"):
        Mixer("mixup", seed=0).load_state_dict(Mixer("mixup", seed=0).state_dict() | {"memory": {}})


def test_it_needs_the_model_and_stands_alone():
    with pytest.raises(ValueError, match=r"teacher remembers or looks rows up: use mixer.loss\(model, x, y\)"):
        Mixer(TEACHER, seed=0)(torch.randn(4, 4), torch.arange(4) % 3)
    with pytest.raises(ValueError, match="teacher remembers or looks rows up, which a method does alone"):
        Mixer([TEACHER, "mixup"], seed=0)


class LooksUp(Method):
    """Weighs each row by a table of the training part."""

    needs_rows = True
    label = "free"

    def prepare(self, train):
        return {"table": torch.linspace(0, 1, train.rows)}

    def plan(self, batch, rng):
        share = batch.stats["table"][batch.rows]
        return Plan(rng.permutation(len(batch.y)), share.reshape(-1, 1), share)


def test_row_numbers_of_a_loop_reach_the_method():
    x, y = torch.randn(10, 4), torch.arange(10) % 3
    mixer = Mixer(LooksUp(), seed=0).prepare(x, y)
    rows = torch.tensor([9, 0, 4])
    model = net()
    found = mixer.loss(model, x[rows], y[rows], row_numbers=rows)
    lam = torch.linspace(0, 1, 10)[rows][:, None]
    from mixsuite.mixing.rng import Rng

    partner = Rng(0, 3).at(0).permutation(3)
    log_p = model(lam * x[rows] + (1 - lam) * x[rows][partner]).log_softmax(1)
    own, other = (-log_p.gather(1, t[:, None])[:, 0] for t in (y[rows], y[rows][partner]))
    torch.testing.assert_close(found, (lam[:, 0] * own + (1 - lam[:, 0]) * other).mean())
    for bad, said in (
        (None, "looks rows up: give row_numbers="),
        (rows.float(), "row_numbers must be int64 \\[3\\], is torch.float32"),
        ([1, 2, 3], "is a list"),
    ):
        with pytest.raises(ValueError, match=said):
            mixer.loss(model, x[rows], y[rows], row_numbers=bad)
