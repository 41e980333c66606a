"""The objects that a task names."""

from dataclasses import replace

from mixsuite.experiment.build import load_parts
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve, resolve_task


def test_a_tasks_parts_are_those_of_its_resolution_and_say_what_they_import():
    matrix = load_matrix("quick")
    experiment = resolve(matrix)
    for task in experiment.tasks:
        loaded, resolved = load_parts(task), experiment.parts_of[task.name]
        assert type(loaded.domain) is type(resolved.domain)
        assert replace(loaded, domain=resolved.domain) == resolved
    parts = load_parts(resolve_task("japanese_vowels", matrix))
    assert "torchaudio" in parts.requires
    assert (parts.augment, parts.weights) == ((), None)
