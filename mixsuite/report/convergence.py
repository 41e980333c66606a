"""Which comparisons have converged, from a task and the same task trained longer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mixsuite.experiment.spec import Task
from mixsuite.report.pairs import shared_seeds, task_margin
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.convergence import NOT_LOOKED, Arm, converged


def doubled(results: Results, task: Task) -> Task | None:
    """The same task trained twice as long, or the shortest that is longer still; None if the folder has none."""
    longer = [other for other in results.manifest.tasks.values() if other.stretches(task)]
    return min((t for t in longer if t.length >= 2 * task.length), key=lambda t: t.length, default=None)


def not_stretched(tasks: Iterable[Task]) -> list[Task]:
    """The tasks that are not others of them at a greater length: those only show whether the others have converged."""
    listed = list(tasks)
    return [task for task in listed if not any(task.stretches(other) for other in listed)]


def convergence(results: Results, task: Task, method: str, reference: str) -> str:
    """The state of a comparison (``stats.convergence``); "not looked" where nothing was trained for longer.

    Seeds count that are ok for both methods at both lengths. The margin is that of the shorter task's verdicts.
    """
    longer = doubled(results, task)
    if longer is None:
        return NOT_LOOKED
    cells = {(t.name, m): results.cell(t, m) for t in (task, longer) for m in (method, reference)}
    seeds = sorted(
        set.intersection(*(shared_seeds(cells[t.name, method], cells[t.name, reference]) for t in (task, longer)))
    )
    if not seeds:
        return NOT_LOOKED
    mine, theirs = (Arm(*(_values(cells[t.name, m], seeds) for t in (task, longer))) for m in (method, reference))
    return converged(mine, theirs, task_margin(task, cells[task.name, reference], results.manifest.margin))


def _values(cell: Cell, seeds: list[int]) -> np.ndarray:
    """The primary metric [n], its sign turned where higher is better."""
    return cell.primary.sign * np.array([cell.values[seed] for seed in seeds])
