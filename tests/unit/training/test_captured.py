"""Steps that are recorded and replayed. Here recording is calling; a GPU's graphs are in test_gpu.py."""

from types import SimpleNamespace

import pytest
import torch
from support.tasks import job_of
from torch import nn

from mixsuite.models.ranks import Ranks
from mixsuite.training import captured as module
from mixsuite.training import lockstep, loop
from mixsuite.training.captured import MOST, PLAIN, Captured, can_be_captured


class Called:
    """In place of a recorder: what it records is called once, and again at each replay."""

    def __init__(self):
        self.recorded = self.replayed = 0

    def __call__(self, work):
        self.recorded += 1
        work()

        def replay():
            self.replayed += 1
            work()

        return replay


def halves(weight):
    """A step in miniature: the objective is the sum of weight * x, so its gradient is x."""

    def compute(inputs):
        objective = (weight * inputs["x"]).sum()
        objective.backward()
        return objective, len(inputs["x"])

    return compute


def steps(captured, weight, inputs, kind=()):
    """The objective and the gradient of each step, which are forgotten as an optimiser does it."""
    found = []
    for one in inputs:
        objective, rows = captured.step(kind, one, halves(weight))
        found.append((objective.item(), weight.grad.clone(), rows))
        weight.grad = None
    return found


def test_a_form_runs_plainly_at_first_and_is_then_replayed_with_each_steps_numbers():
    weight, record = nn.Parameter(torch.tensor([1.0, 2.0, 3.0])), Called()
    inputs = [{"x": torch.full((3,), float(n))} for n in range(6)]
    found = steps(Captured([weight], record), weight, inputs)
    assert [objective for objective, _, _ in found] == [6.0 * n for n in range(6)]
    assert all(torch.equal(gradient, one["x"]) for (_, gradient, _), one in zip(found, inputs, strict=True))
    assert [rows for _, _, rows in found] == [3] * 6
    assert (record.recorded, record.replayed) == (1, 6 - PLAIN)


def test_expanded_inputs_are_held_once_and_forms_are_apart():
    weight, record = nn.Parameter(torch.ones(4)), Called()
    captured = Captured([weight], record)
    for shape in ((4,), (1,)):
        steps(captured, weight, [{"x": torch.full(shape, n).expand(4)} for n in (1.0, 2.0, 3.0, 4.0)])
    assert record.recorded == 2
    assert [place.shape for graph in captured._graphs.values() for place in graph._places] == [(4,), (1,)]


def test_kinds_are_apart_and_no_more_than_some_are_recorded():
    weight, record = nn.Parameter(torch.ones(1)), Called()
    captured = Captured([weight], record)
    for kind in range(MOST + 3):
        (*_, (last, _, _)) = steps(captured, weight, [{"x": torch.ones(1) * n} for n in (1.0, 2.0, 3.0, 4.0)], (kind,))
        assert last == 4.0
    assert record.recorded == MOST


def test_what_cannot_be_recorded_goes_on_plainly():
    weight = nn.Parameter(torch.ones(2))

    def refuse(work):
        work()  # has begun, and left gradients
        raise RuntimeError("waits for the device")

    captured = Captured([weight], refuse)
    found = steps(captured, weight, [{"x": torch.full((2,), float(n))} for n in range(5)])
    assert [objective for objective, _, _ in found] == [2.0 * n for n in range(5)]
    assert [gradient.tolist() for _, gradient, _ in found] == [[float(n)] * 2 for n in range(5)]
    assert captured.refused


METHODS = ["erm", "mixup", "manifold_mixup", "mixupe", "multi_mix", "regmixup", "ordered", "mixup(stop=0.5)"]


def recorded(monkeypatch, executor, jobs):
    """Results of jobs whose steps are recorded, and the recorders."""
    made = []
    monkeypatch.setattr(executor, "can_be_captured", lambda feed: feed.ahead and feed.job.method.capturable)
    monkeypatch.setattr(executor, "CudaRecord", lambda: made.append(Called()) or made[-1])
    results = executor.fit(jobs)
    return results, made


@pytest.mark.parametrize("text", METHODS)
def test_a_recorded_run_is_the_plain_run(text, monkeypatch):
    """To the bit, with a net that keeps no statistics, since calling in place of recording computes one step more."""
    entry = "wine(rows=24, test=0.6)"
    (plain,) = loop.fit([job_of(entry, text, steps=40)])
    (replayed,), (record,) = recorded(monkeypatch, loop, [job_of(entry, text, steps=40)])
    assert record.replayed > 20
    assert (replayed.digests, replayed.curve) == (plain.digests, plain.curve)
    assert replayed.rows_per_step == plain.rows_per_step


@pytest.mark.parametrize("text", ["erm", "mixup", "mixupe", "multi_mix", "regmixup"])
def test_a_recorded_block_is_the_plain_block(text, monkeypatch):
    entry = "wine(rows=24, test=0.6)"
    jobs = [[job_of(entry, text, seed=seed, steps=40, block=3) for seed in range(3)] for _ in range(2)]
    plain = lockstep.fit(jobs[0])
    replayed, (record,) = recorded(monkeypatch, lockstep, jobs[1])
    assert record.replayed > 20
    assert [one.digests for one in replayed] == [one.digests for one in plain]


def test_what_is_recorded_is_all_that_changes(monkeypatch):
    """A recording that keeps its first inputs is seen in the weights."""
    monkeypatch.setattr(module, "tensors_in", lambda value: iter(()))
    monkeypatch.setattr(module, "with_tensors", lambda value, _: value)
    monkeypatch.setattr(module, "_form", lambda value: ())
    (plain,) = loop.fit([job_of("wine(rows=24, test=0.6)", "mixup", steps=20)])
    (stale,), _ = recorded(monkeypatch, loop, [job_of("wine(rows=24, test=0.6)", "mixup", steps=20)])
    assert stale.digests["weights"] != plain.digests["weights"]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [({}, True), ({"device": "cpu"}, False), ({"ahead": False}, False), ({"method": False}, False),
     ({"model": False}, False), ({"ranks": Ranks(0, 2)}, False)],
)  # fmt: skip
def test_steps_are_recorded_on_a_gpu_where_all_that_changes_is_within_tensors(change, wanted):
    feed = SimpleNamespace(
        device=torch.device(change.get("device", "cuda")),
        ahead=change.get("ahead", True),
        job=SimpleNamespace(
            method=SimpleNamespace(capturable=change.get("method", True)),
            model=SimpleNamespace(capturable=change.get("model", True)),
            data=SimpleNamespace(train=SimpleNamespace(x=torch.zeros(2, 3))),
            ranks=change.get("ranks"),
        ),
    )
    assert can_be_captured(feed) is wanted


def test_on_the_host_there_is_no_stream():
    with module.own_stream(torch.device("cpu")):
        assert torch.zeros(1).device.type == "cpu"
