"""How many seeds a question takes, from the spread of seeds that were trained before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.report.convergence import doubled
from mixsuite.report.pairs import shared_seeds, task_margin
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.paired import mean, sample_std, seeds_for
from mixsuite.stats.power import seeds_for_convergence, seeds_for_tie
from mixsuite.stats.verdicts import pair

QUESTIONS = ("better", "tie", "converged")
COLUMNS = [
    "task", "effect", "methods", "sd", "seeds", "sd_largest", "seeds_largest", "largest_method", "question", "margin",
    "seconds", "seconds_largest",
]  # fmt: skip


@dataclass(frozen=True)
class _Spread:
    """What earlier seeds say of one method on a task: standard deviations over seeds, and the seconds of its runs.

    sd:      of the difference from the reference.
    gains:   of what doubling the length improves of the method and of the reference, and of the difference of the two;
             where nothing was trained for longer, ``sd`` stands for the first two and sqrt(2) times it for the third.
    seconds: of a run and the reference's.
    longer:  of both at the next greater length; where there is none, twice as long.
    """

    method: str
    sd: float
    gains: tuple[float, float, float]
    seconds: float
    longer: float

    def cost(self, question: str) -> float:
        """The seconds of a seed, for a question."""
        return self.seconds + (self.longer if question == "converged" else 0.0)


def seeds_needed(results: Results, effect: float, question: str = "better") -> pd.DataFrame:
    """Compute the seeds at which a question is answered with 80 % power, one row per task.

    - better: a true difference of ``effect`` is called better or worse, at worst among all methods of the table.
    - tie: a true difference of ``effect`` is called a tie.
    - converged: a comparison that does not move is said to have converged.

    Args:
        results: what the folder shows: seeds of before. It says nothing of the verdicts that these seeds have.
        effect: the difference in error; for other metrics a share of the reference's distance from the optimum.
        question: one of QUESTIONS.

    Returns:
        A table with the effect and the margin in the primary metric's units, the number of methods compared, and the
        seeds for the method whose differences spread as the median does, and for the one that varies most; and the
        seconds that so many seeds of a method and the reference take on this machine, one run at a time. Seeds are
        empty where fewer than two are paired, and where 1,000 would not do.
    """
    tasks = results.manifest.tasks.values()
    return pd.DataFrame([_of_task(results, t, effect, question) for t in tasks], columns=COLUMNS)


def _of_task(results: Results, task: Task, effect: float, question: str) -> dict[str, object]:
    manifest = results.manifest
    base = results.cell(task, manifest.reference)
    difference = effect * task.primary.unit(mean(base.values.values()))
    margin = task_margin(task, base, manifest.margin)
    spreads = [s for m in manifest.methods if m != manifest.reference and (s := _spread(results, task, m, base))]
    row: dict[str, object] = {"task": task.name, "effect": difference, "methods": len(spreads)}
    row |= {"question": question, "margin": margin}
    if not spreads:
        return row | {"sd": nan}

    answers: dict[str, Callable[[_Spread], int | None]] = {
        "better": lambda s: seeds_for(s.sd, difference, len(spreads)),
        "tie": lambda s: seeds_for_tie(s.sd, margin, len(spreads), difference),
        "converged": lambda s: seeds_for_convergence(*s.gains, margin),
    }
    ordered = sorted(spreads, key=lambda s: s.sd)
    largest = ordered[-1]
    middle = _Spread(
        "",
        float(np.median([s.sd for s in spreads])),
        tuple(float(np.median([s.gains[i] for s in spreads])) for i in range(3)),  # type: ignore[arg-type]
        float(np.median([s.seconds for s in spreads])),
        float(np.median([s.longer for s in spreads])),
    )
    for end, spread in (("", middle), ("_largest", largest)):
        seeds = answers[question](spread)
        row |= {f"sd{end}": spread.sd, f"seeds{end}": nan if seeds is None else seeds}
        row[f"seconds{end}"] = nan if seeds is None else seeds * spread.cost(question)
    return row | {"largest_method": largest.method}


def _spread(results: Results, task: Task, method: str, base: Cell) -> _Spread | None:
    cell = results.cell(task, method)
    d = pair(cell.values, base.values)
    if len(d) < 2:
        return None
    sd = sample_std(d)
    seconds, longer = _seconds(cell, base), doubled(results, task)
    if longer is not None:
        there = results.cell(longer, method), results.cell(longer, results.manifest.reference)
        gains = _gains(cell, base, *there)
        if gains is not None:
            return _Spread(method, sd, gains, seconds, _seconds(*there))
    return _Spread(method, sd, (sd, sd, 2**0.5 * sd), seconds, 2 * seconds)


def _seconds(*cells: Cell) -> float:
    return sum(mean(cell.cost("seconds")) for cell in cells)


def _gains(cell: Cell, base: Cell, there: Cell, base_there: Cell) -> tuple[float, float, float] | None:
    """Standard deviations of what longer training improves; None where fewer than two seeds are paired."""
    seeds = shared_seeds(cell, base) & shared_seeds(there, base_there)
    if len(seeds) < 2:
        return None
    mine, theirs = (
        np.array([short.values[s] - long.values[s] for s in sorted(seeds)])
        for short, long in ((cell, there), (base, base_there))
    )
    return sample_std(mine), sample_std(theirs), sample_std(mine - theirs)
