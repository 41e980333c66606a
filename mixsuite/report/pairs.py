"""Pair two cells of a task by seed, with the margin of equality."""

from __future__ import annotations

import numpy as np

from mixsuite.experiment.spec import Task
from mixsuite.results.reading import Cell
from mixsuite.stats.margins import Margin
from mixsuite.stats.paired import mean
from mixsuite.stats.two_way import linearised
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


def differences(cell: Cell, other: Cell) -> np.ndarray:
    """The differences [n] of a cell from another one of its task, over the seeds that they share."""
    seeds = shared_seeds(cell, other)
    return pair(*({s: c.values[s] for s in seeds} for c in (cell, other)))


def paired_cells(cell: Cell, other: Cell, margin: float) -> Paired:
    """Pair two cells of a task by seed: differences of ``cell`` from ``other``, with the margin of a tie."""
    seeds = shared_seeds(cell, other)
    shares = [cell.ok[s].test_train_ratio for s in seeds]
    known = [share for share in shares if share is not None]
    test_train_ratio = max(known) if known and len(known) == len(shares) and max(known) <= 1 else None
    complete = cell.status == other.status == "ok" and len(seeds) == cell.wanted
    d = differences(cell, other)
    mine, theirs = (np.array([cell.primary.distance(c.values[s]) for s in sorted(seeds)]) for c in (cell, other))
    return Paired(
        d, complete, margin, test_train_ratio, cell.primary.better, (mine, theirs), _of_rows(cell, other, sorted(seeds))
    )


def _of_rows(cell: Cell, other: Cell, seeds: list[int]) -> np.ndarray | None:
    """Differences [seeds, rows] in the loss of each test row; None unless the split is official and all are known."""
    if not seeds or any(c.ok[seed].split != "official" for c in (cell, other) for seed in seeds):
        return None
    arms = []
    for one in (cell, other):
        losses = [one.row_losses(seed) for seed in seeds]
        known = [values for values in losses if values is not None]
        if len(known) < len(losses) or len({len(values) for values in known}) != 1:
            return None
        rows = np.array(known)
        arms.append(linearised(rows) if cell.primary.name == "rmse" else rows)
    return arms[0] - arms[1] if arms[0].shape == arms[1].shape else None
