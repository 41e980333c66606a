"""Blocks of runs, as the runner gives them to a worker."""

from pathlib import Path
from typing import Any

from mixsuite.execution.messages import TrainBlock
from mixsuite.experiment.code import code_of_run
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve


def train_block(matrix: Path, method: str, seeds: tuple[int, ...] = (0,), **how: Any) -> TrainBlock:
    """One method's runs on the first task of a matrix, as one block."""
    experiment = resolve(load_matrix(str(matrix)), [method], seeds=seeds)
    task, spec = experiment.tasks[0], experiment.methods[-1]
    runs = tuple(run for run in experiment.runs() if (run.task, run.method) == (task, spec))
    parts = experiment.parts_of[task.name]
    code = code_of_run(experiment.method_of[spec.name], parts)
    data = parts.dataset.fingerprint(Path())
    return TrainBlock(task, Path(), "cpu", runs, code, data, **how)
