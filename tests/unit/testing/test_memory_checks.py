"""What a method remembers is saved, and updating it leaves the model alone."""

import pytest
from support.paths import OUTSIDERS

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.testing.memory_checks import memory_can_be_saved
from mixsuite.testing.samples import samples
from mixsuite.testing.trial import Trial

SAMPLE = next(s for s in samples() if s.name == "tabular, class")
SOURCE = (OUTSIDERS / "teacher.py").read_text()


def found(path):
    return list(memory_can_be_saved(Trial(make_method(resolve_method(str(path))), SAMPLE, "input")))


def test_a_right_memory_passes_and_a_method_without_one_is_not_looked_at():
    assert {f.status for f in found(OUTSIDERS / "teacher.py")} == {"ok"}
    assert found("mixup") == []


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("slow.lerp_(fast, 1", "fast.lerp_(slow, 1", "changed: first, second"),
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
    (problem,) = [f for f in found(path) if f.status == "problem"]
    assert problem.seen == seen
    assert "faulty.py, line" in problem.where


def test_a_memory_of_nothing_is_noted(tmp_path):
    path = tmp_path / "none.py"
    path.write_text(SOURCE.replace("return copy.deepcopy(net).requires_grad_(False).eval()", "return None"))
    assert [f.seen for f in found(path)] == ["None here: nothing to remember"]
