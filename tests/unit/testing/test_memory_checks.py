"""What a method remembers is saved, is of one run, and updating it leaves the model alone."""

import pytest
from support.paths import OUTSIDERS, PLANTED

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.testing import memory_checks
from mixsuite.testing.samples import samples
from mixsuite.testing.trial import Trial

SAMPLE = next(s for s in samples() if s.name == "tabular, class")
SOURCE = (OUTSIDERS / "teacher.py").read_text()
CHECKS = (
    memory_checks.memory_can_be_saved,
    memory_checks.memory_is_of_one_run,
    memory_checks.remember_writes_to_the_memory_alone,
    memory_checks.remembers_rows_by_what_they_are,
)


def found(path):
    trial = Trial(make_method(resolve_method(str(path))), SAMPLE, "input")
    return [finding for check in CHECKS for finding in check(trial)]


@pytest.mark.parametrize("path", [OUTSIDERS / "teacher.py", PLANTED / "recalled.py", PLANTED / "taught.py"])
def test_a_right_memory_passes(path):
    assert {f.status for f in found(path)} == {"ok"}


def test_a_method_without_one_is_not_looked_at():
    assert found("mixup") == []


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("slow.lerp_(fast, 1", "fast.lerp_(slow, 1", "changed: first, second, norm.weight, norm.bias"),
        (
            "        with torch.no_grad():\n            for",
            "        batch.memory.count = getattr(batch.memory, 'count', 0) + 1\n        with torch.no_grad():\n            for",
            "count: attributes that are no buffers are lost",
        ),
    ],
)
def test_a_planted_fault_is_found(tmp_path, right, wrong, seen):
    path = tmp_path / "faulty.py"
    path.write_text(SOURCE.replace(right, wrong))
    problems = [f for f in found(path) if f.status == "problem"]
    assert seen in [f.seen for f in problems]
    assert all("faulty.py, line" in f.where for f in problems)


def test_a_memory_of_nothing_is_noted(tmp_path):
    path = tmp_path / "none.py"
    path.write_text(SOURCE.replace("return copy.deepcopy(net).requires_grad_(False).eval()", "return None"))
    assert [f.seen for f in found(path)] == ["None here: nothing to remember"]


def faulty(path, name, right, wrong):
    """The texts of what was seen in a right method with a text replaced."""
    path.write_text((PLANTED / f"{name}.py").read_text().replace(right, wrong))
    return [f.seen for f in found(path) if f.status == "problem"]


@pytest.mark.parametrize(
    ("name", "right", "wrong", "seen"),
    [
        (
            "recalled",
            "table.mean[rows] = self",
            "table.mean = table.mean.clone()\n            table.mean[rows] = self",
            None,
        ),
        ("recalled", "with torch.no_grad():", "with torch.enable_grad():", "mean keep the graph of the step"),
        ("recalled", "            net.train(training)\n", "", "changed: the mode, which is eval()"),
        ("recalled", "batch.memory, batch.rows\n", "batch.memory, batch.rows.flip(0)\n", "others"),
        ("taught", "old.lerp_(new, 1 - self.keep)", "old.data = new.data", "are the model's own tensors"),
        ("taught", ".eval().requires_grad_(False)", ".train().requires_grad_(False)", "changed: norm.running_mean"),
        (
            "taught",
            "copy.deepcopy(net)",
            "copy.deepcopy(net.requires_grad_(False))",
            "its mode or requires_grad changed",
        ),
    ],
)
def test_a_fault_of_a_memory_is_told(tmp_path, name, right, wrong, seen):
    told = faulty(tmp_path / "faulty.py", name, right, wrong)
    assert (told == []) if seen is None else any(seen in text for text in told), told


def test_what_an_objective_writes_must_not_depend_on_the_weights(tmp_path):
    source = """
import torch
from dataclasses import dataclass
from mixsuite.mixing import Method, mixup_plan, two_term_loss

@dataclass(frozen=True)
class Writes(Method):
    label = "matched"
    stackable = False
    mixes_alone = True
    kinds = ("class",)
    domains = ("tabular",)

    def memory(self, net, train):
        memory = torch.nn.Module()
        memory.register_buffer("last", torch.zeros(()))
        return memory

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, 1.0, "batch")

    def objective(self, tail, state, batch, plan, loss):
        value = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)
        with torch.no_grad():
            batch.memory.last.copy_(WHAT)
        return value
"""
    for name, what, wrong in (("loss", "value.detach()", True), ("rows", "state.sum()", False)):
        (tmp_path / f"writes_{name}.py").write_text(source.replace("WHAT", what))
        told = [
            f for f in found(tmp_path / f"writes_{name}.py") if f.check == "a step computed twice is remembered once"
        ]
        assert [f.status for f in told] == ["problem" if wrong else "ok"]
