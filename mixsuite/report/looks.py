"""Verdicts of a results folder: for a number of seeds that was fixed beforehand, or for looks that were declared."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from math import nan
from typing import TypeVar

from mixsuite.experiment.spec import Task
from mixsuite.report.pairs import paired_cells, task_margin
from mixsuite.results.manifest import Looks
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.sequential import Sequential, sequential_verdict
from mixsuite.stats.verdicts import Paired, Verdict, judge

K = TypeVar("K", bound=Hashable)


def compare_cells(results: Results, task: Task, cell: Cell, other: Cell) -> Paired:
    """Pair a cell with another one of its task, with the margin of a tie.

    Where seeds are added until decided, the margin is that of the seeds which the cell has, so that a decided cell
    stays as it is when the other one gets more.
    """
    base = other.only(cell.outcomes) if results.manifest.looks else other
    return paired_cells(cell, other, task_margin(task, base, results.manifest.margin))


def verdicts(results: Results, family: dict[K, Paired]) -> dict[K, Verdict]:
    """The verdict of every comparison of a family: by Holm's procedure, or at the looks that the folder declares."""
    found, looks = judge(family), results.manifest.looks
    if looks is None:
        return found
    return {key: _at_looks(paired, found[key], looks) for key, paired in family.items()}


def _at_looks(paired: Paired, verdict: Verdict, looks: Looks) -> Verdict:
    if not paired.complete:
        return replace(verdict, p_holm=nan)
    seen = _look(paired, looks)
    return replace(verdict, word=seen.word, p_holm=nan, stopped=seen.n, low_repeated=seen.low, high_repeated=seen.high)


def _look(paired: Paired, looks: Looks) -> Sequential:
    return sequential_verdict(paired.d, looks.seeds, paired.margin, looks.among, paired.better)


def open_cells(results: Results, references: Sequence[str]) -> set[tuple[str, str]]:
    """The cells (task, method) that need further seeds: their comparison with a reference goes on at the next look.

    A cell that is skipped, or whose runs failed, needs none.

    Args:
        results: what the folder shows; it declares looks.
        references: the names of the methods that all others are compared with.
    """
    looks = results.manifest.looks
    assert looks is not None
    found = set()
    for name, method in results.manifest.cells:
        task = results.manifest.tasks[name]
        cell = results.cell(task, method)
        for reference in references:
            if method in references or cell.status == "skipped":
                continue
            paired = compare_cells(results, task, cell, results.cell(task, reference))
            if paired.complete and not _look(paired, looks).stopped:
                found.add((name, method))
    return found
