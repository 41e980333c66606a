"""Add seeds until every comparison is decided, at looks that are declared beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mixsuite.errors import InputError

if TYPE_CHECKING:
    from mixsuite.execution.planning import CallPlan
    from mixsuite.experiment.spec import RunSpec
    from mixsuite.results.manifest import Looks

MOST = 1_000  # seeds


def need_until(until: str | None, max_seeds: int | None) -> bool:
    """Whether seeds are added until decided.

    Raises:
        InputError: another word, or a number of seeds that is not allowed.
    """
    if until not in (None, "decided"):
        raise InputError(f"--until {until!s:.40}: allowed is 'decided'")
    if max_seeds is not None and until is None:
        raise InputError("--max-seeds belongs to --until decided; without it, --seeds says which seeds are trained")
    if max_seeds is not None and not 6 <= max_seeds <= MOST:
        raise InputError(f"--max-seeds {max_seeds}: allowed is 6 to {MOST}; fewer than 6 seeds decide nothing")
    return until is not None


def declared(seeds: int, max_seeds: int | None, among: int) -> Looks:
    """The looks of a call.

    Args:
        seeds: how many the matrix or the call has.
        max_seeds: seeds at the last look; None: three times as many.
        among: the number of methods that share the chance of a false word.
    """
    from mixsuite.results.manifest import Looks
    from mixsuite.stats.paired import NEVER_BELOW
    from mixsuite.stats.sequential import looks_for

    most = max(max_seeds or min(3 * seeds, MOST), NEVER_BELOW)
    return Looks(looks_for(NEVER_BELOW, most, max(among, 1)), max(among, 1))


def seeds_in_order(seeds: tuple[int, ...], looks: Looks) -> tuple[int, ...]:
    """The seeds as looks take them: those given, ascending, then further ones."""
    order, most = sorted(seeds), looks.seeds[-1]
    return tuple(order + list(range(order[-1] + 1, order[-1] + 1 + most - len(order))))[:most]


def train_until_decided(
    plan: Callable[[tuple[int, ...]], CallPlan],
    train: Callable[[CallPlan], object],
    seeds: tuple[int, ...],
    looks: Looks,
    references: Sequence[str],
) -> CallPlan:
    """Train a call's runs look by look; a comparison that is decided gets no further seeds.

    Args:
        plan: plans the call for some seeds.
        train: trains a plan's runs.
        seeds: those of the matrix or the call; further ones follow them.
        looks: at which numbers of seeds the comparisons are looked at.
        references: the names of the methods that all others are compared with.

    Returns:
        The plan of the last look, with the runs of all looks.

    Raises:
        InputError: the results folder was begun with other looks or none, or any other bad input.
    """
    from mixsuite.report.looks import open_cells
    from mixsuite.results.reading import load_results

    order = seeds_in_order(seeds, looks)
    given: dict[str, RunSpec] = {}
    still: set[tuple[str, str]] | None = None  # before the first look: all cells
    for n in looks.seeds:
        whole = plan(order[:n])
        if still is None:
            still = {(run.task.name, run.method.name) for run in whole.runs}
        tasks = {task for task, _ in still}
        runs = [
            run
            for run in whole.runs
            if (run.task.name, run.method.name) in still or (run.method.name in references and run.task.name in tasks)
        ]
        given |= {run.id: run for run in runs}
        train(replace(whole, runs=runs, looks=looks))
        still = open_cells(load_results(whole.options.out).only(runs), references)
        if not still:
            break
    return replace(whole, runs=list(given.values()), looks=looks)
