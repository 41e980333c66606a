"""Pair two cells of a task by seed, with the margin of equality."""

from __future__ import annotations

import numpy as np

from mixsuite.experiment.spec import Task
from mixsuite.results.reading import Cell
from mixsuite.stats.margins import Margin
from mixsuite.stats.paired import mean
from mixsuite.stats.verdicts import Paired, pair


def task_margin(task: Task, reference: Cell, margin: float | str | None) -> float:
    """The margin of a tie in the primary metric's units.

    Args:
        task: the margin's task.
        reference: the cell whose mean a share refers to.
        margin: the matrix's margin; None: the default.
    """
    return Margin.parse(margin).of(task.primary, mean(reference.values.values()), reference.test_rows)


def shared_seeds(cell: Cell, other: Cell) -> set[int]:
    """The seeds for which both runs are ok and saw the same rows."""
    return {s for s in cell.ok.keys() & other.ok.keys() if cell.ok[s].rows == other.ok[s].rows}


def paired_cells(cell: Cell, other: Cell, margin: float) -> Paired:
    """Pair two cells of a task by seed: differences of ``cell`` from ``other``, with the margin of a tie."""
    seeds = shared_seeds(cell, other)
    shares = [cell.ok[s].test_train_ratio for s in seeds]
    known = [share for share in shares if share is not None]
    test_train_ratio = max(known) if known and len(known) == len(shares) and max(known) <= 1 else None
    complete = cell.status == other.status == "ok" and len(seeds) == cell.wanted
    d = pair(*({s: c.values[s] for s in seeds} for c in (cell, other)))
    mine, theirs = (np.array([cell.primary.distance(c.values[s]) for s in sorted(seeds)]) for c in (cell, other))
    return Paired(d, complete, margin, test_train_ratio, cell.primary.better, (mine, theirs))
