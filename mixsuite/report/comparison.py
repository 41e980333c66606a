"""Compare one variant with other methods: where it is better, by how much, and at what cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.plugins.entry import Call, parse_call
from mixsuite.report.convergence import convergence, not_stretched
from mixsuite.report.equal_compute import same_compute
from mixsuite.report.leaderboard import csv_text
from mixsuite.report.looks import compare_cells, verdicts
from mixsuite.report.task import compared
from mixsuite.results.files import write_text
from mixsuite.results.names import folder_name
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.convergence import MOVED, NOT_LOOKED
from mixsuite.stats.paired import mean
from mixsuite.stats.verdicts import count

COLUMNS = [
    "task", "verdict", "diff", "diff_low", "diff_high", "p", "least_effect", "pairs", "mean", "reference_mean",
    "seconds", "reference_seconds", "rows", "reference_rows", "status", "metric", "reason", "direction",
    "std", "reference_std", "relative", "relative_low", "relative_high", "within_margin",
    "converged", "train_error", "reference_train_error", "stopped", "diff_low_repeated", "diff_high_repeated",
]  # fmt: skip
SHOWN = [
    "task",
    "verdict",
    "metric",
    "direction",
    "converged",
    "mean",
    "reference_mean",
    *COLUMNS[COLUMNS.index("diff") : COLUMNS.index("mean")],
]


@dataclass(frozen=True)
class Comparison:
    """A variant against one reference: a table with one row per task."""

    variant: str
    reference: str
    table: pd.DataFrame

    @property
    def line(self) -> str:
        """One line: the verdicts counted over tasks, and the variant's cost relative to the reference's."""
        counts = ", ".join(f"{number} {word}" for word, number in self.counts.items())
        cost = f"; {self.cost}" if self.cost else ""
        return f"{self.variant} against {self.reference}: {counts}{cost}"

    @property
    def counts(self) -> dict[str, int]:
        """The verdicts counted over tasks; those whose comparisons are shown not to have converged stand apart."""
        moved = self.table["converged"].isin(MOVED)
        apart = {"not converged": int(moved.sum())} if moved.any() else {}
        return count(self.table.loc[~moved, "verdict"]) | apart

    @property
    def judged(self) -> pd.DataFrame:
        """The rows of the tasks with a verdict, whatever it is."""
        return self.table[self.table["verdict"] != "skipped"]

    @property
    def looked(self) -> bool:
        """Whether any task was trained longer, to see whether its comparison has converged."""
        return bool((self.table["converged"].dropna() != NOT_LOOKED).any())

    @property
    def cost(self) -> str:
        """The variant's cost relative to the reference's, the mean over tasks; "" where no task has both."""
        known = self.table.dropna(subset=["rows", "reference_rows"])
        if not len(known):
            return ""
        rows, seconds = (mean(known[c] / known[f"reference_{c}"]) for c in ("rows", "seconds"))
        return f"{rows:.2f} x the rows, roughly {seconds:.2g} x the time"

    @property
    def reasons(self) -> list[str]:
        """One line for each task without a verdict: skipped, failed or incomplete, and why."""
        bad = self.table[self.table["status"] != "ok"]
        return [f"{row['task']}: {row['status']}: {row['reason']}" for row in bad.to_dict("records")]

    @property
    def failures(self) -> list[str]:
        """One line for each task that has no verdict because runs failed or are missing, with the reason."""
        bad = self.table[self.table["status"].isin(["failed", "incomplete"])]
        return [f"{row['task']}: {row['status']}: {row['reason']}" for row in bad.to_dict("records")]


def against(results: Results, variant: str, reference: str) -> Comparison:
    """Compare a variant with one reference. Each task is a family of one test, so nothing is adjusted.

    A task that is another one trained longer has no row: it shows whether that one's comparison has converged.
    """
    rows = [_row(results, task, variant, reference) for task in not_stretched(results.manifest.tasks.values())]
    return Comparison(variant, reference, pd.DataFrame(rows).reindex(columns=COLUMNS))


def _row(results: Results, task: Task, variant: str, reference: str) -> dict[str, object]:
    mine, other = results.cell(task, variant), results.cell(task, reference)
    reasons = dict.fromkeys(
        f"{name}: {outcome.reason}"
        for name, cell in ((variant, mine), (reference, other))
        for outcome in cell.outcomes.values()
        if outcome.status != "ok"
    )
    worst = next((cell.status for cell in (mine, other) if cell.status != "ok"), "ok")
    row: dict[str, object] = {"task": task.name, "status": worst, "metric": task.primary.name}
    row["direction"] = task.primary.better
    row["reason"] = "; ".join(reasons) or None
    if "skipped" in (mine.status, other.status):
        return row | {"verdict": "skipped"}
    (verdict,) = verdicts(results, {variant: compare_cells(results, task, mine, other)}).values()
    row["converged"] = convergence(results, task, variant, reference)
    return row | compared(verdict) | _costs(mine, "") | _costs(other, "reference_")


def _costs(cell: Cell, prefix: str) -> dict[str, object]:
    if cell.status != "ok":
        return {}
    numbers = list(cell.values.values())
    std = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else float("nan")
    values = {"mean": mean(numbers), "std": std, "seconds": mean(cell.cost("seconds")), "rows": cell.rows}
    values["train_error"] = mean(cell.train_errors)
    return {f"{prefix}{name}": value for name, value in values.items()}


@dataclass(frozen=True)
class ComparisonReport:
    """A variant against each reference and, if it costs more than the first one, against controls of equal cost.

    out:   the folder of the comparison.
    notes: what a reader of it must know, in sentences.
    """

    comparisons: list[Comparison]
    at_equal_compute: list[Comparison]
    out: Path
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> list[Comparison]:
        """All comparisons: those with the references, then those at equal compute."""
        return [*self.comparisons, *self.at_equal_compute]

    @property
    def failed(self) -> bool:
        """Whether any run failed."""
        return any("failed" in comparison.table["status"].to_numpy() for comparison in self.all)


def compare_results(
    results: Results, variant: str, references: Sequence[str], controls: Sequence[str], out: Path
) -> ComparisonReport:
    """Compare a variant with references and controls, and write <out>/against-METHOD.csv for each.

    Args:
        results: the runs of all of them.
        variant: its name in the results.
        references: their names in the results.
        controls: the names of the methods of equal compute.
        out: the folder of the comparison.

    Raises:
        InputError: a file cannot be written.
    """
    main, fair = ([against(results, variant, name) for name in names] for names in (references, controls))
    report = ComparisonReport(main, fair, out)
    for comparison in report.all:
        write_text(out / f"against-{folder_name(comparison.reference)}.csv", csv_text(comparison.table))
    return report


def equal_compute_controls(results: Results, variant: str, reference: str, entry: str) -> list[str]:
    """Name the controls that train the reference on as many rows as the variant: for longer, and on larger batches.

    Args:
        results: the runs of both.
        variant: its name in the results.
        reference: its name in the results.
        entry: the reference as matrices write it.

    Returns:
        Method entries; none if the variant costs no more than the reference.
    """
    ratios = []
    for task in results.manifest.tasks.values():
        mine, other = results.cell(task, variant), results.cell(task, reference)
        if mine.status == other.status == "ok" and not same_compute(mine.rows, other.rows):
            ratios.append(mine.rows / other.rows)
    times = round(max(ratios, default=1))
    if times < 2:
        return []
    call = parse_call(entry)
    params = dict(call.params)
    return [str(Call(call.name, tuple((params | {k: times * params.get(k, 1)}).items()))) for k in ("length", "batch")]
