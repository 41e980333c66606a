"""One variant against others: what is missing is trained, and a table says where it is better and at what cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mixsuite.errors import InputError
from mixsuite.matrix import Matrix
from mixsuite.report.compute import alike
from mixsuite.report.leaderboard import csv_text, write_text
from mixsuite.report.results import Cell, Results, load_results
from mixsuite.report.task import compared, margin_of, mean, paired_cells
from mixsuite.report.verdicts import count, judge
from mixsuite.resolve import resolve_method
from mixsuite.runner import Watch, execute
from mixsuite.spec import Call, Task, parse_call
from mixsuite.work import Options, plan_work, prepare, reuse

COLUMNS = [
    "task", "verdict", "diff", "diff_low", "diff_high", "p", "least_effect", "pairs", "mean", "reference_mean",
    "seconds", "reference_seconds", "rows", "reference_rows", "status", "metric", "reason",
]  # fmt: skip
SHOWN = ["task", "verdict", "metric", "mean", "reference_mean", *COLUMNS[COLUMNS.index("diff") : COLUMNS.index("mean")]]


@dataclass(frozen=True)
class Comparison:
    """A variant against one reference: a table with a row a task."""

    variant: str
    reference: str
    table: pd.DataFrame

    @property
    def line(self) -> str:
        """Verdicts counted over tasks, and the cost beside them."""
        counts = ", ".join(f"{number} {word}" for word, number in count(self.table["verdict"]).items())
        known = self.table.dropna(subset=["rows", "reference_rows"])
        if not len(known):
            return f"{self.variant} against {self.reference}: {counts}"
        rows, seconds = (mean(known[c] / known[f"reference_{c}"]) for c in ("rows", "seconds"))
        cost = f"{rows:.2f} x the rows, roughly {seconds:.2g} x the time"
        return f"{self.variant} against {self.reference}: {counts}; {cost}"

    @property
    def failures(self) -> list[str]:
        """Why there is no verdict where runs failed, a line each."""
        bad = self.table[self.table["status"].isin(["failed", "incomplete"])]
        return [f"{row['task']}: {row['status']}: {row['reason']}" for row in bad.to_dict("records")]


def against(results: Results, variant: str, reference: str) -> Comparison:
    """The verdicts of a variant against one reference: on each task a family of one."""
    rows = [_row(results, task, variant, reference) for task in results.shown.tasks.values()]
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
    row: dict[str, object] = {"task": task.name, "status": worst, "metric": task.primary}
    row["reason"] = "; ".join(reasons) or None
    if "skipped" in (mine.status, other.status):
        return row | {"verdict": "skipped"}
    margin = margin_of(task, other, results.shown.margin)
    (verdict,) = judge({variant: paired_cells(mine, other, margin)}).values()
    return row | compared(verdict) | _costs(mine, "") | _costs(other, "reference_")


def _costs(cell: Cell, prefix: str) -> dict[str, object]:
    if cell.status != "ok":
        return {}
    values = {"mean": mean(cell.values.values()), "seconds": mean(cell.cost("seconds")), "rows": cell.rows}
    return {f"{prefix}{name}": value for name, value in values.items()}


def compare(
    matrix: Matrix,
    variant: str,
    references: Sequence[str],
    options: Options,
    source: Path,
    datasets: list[str] | None = None,
    seeds: tuple[int, ...] | None = None,
    watch: Watch = lambda tally: None,
) -> tuple[list[Comparison], list[Comparison]]:
    """Train what is missing, and compare a variant with each reference and with controls of its cost.

    Args:
        source: a results folder of the matrix; its records are used where they are of the same run and code.

    Returns:
        (against each reference, against each control that trains on as many rows, where the variant costs more
        than the first reference). Tables are written to options.out as well.

    Raises:
        InputError: bad input of any kind.
    """
    if not references:
        raise InputError("--against: at least one method is needed, as in mixup,erm")
    matrix = matrix.model_copy(update={"reference": references[0]})

    def train(methods: Sequence[str]) -> Results:
        resolved, work = prepare(matrix, options, list(methods), datasets, seeds)
        reuse([source], work, options)
        execute(matrix, resolved, plan_work(resolved, options), options, watch)
        return load_results(options.out).only(work.runs)

    name, named = resolve_method(variant).name, [resolve_method(text).name for text in references]
    results = train([*references, variant])
    controls = _controls(results, name, references[0])
    if controls:
        results = train([*references, variant, *controls])
    found = [against(results, name, reference) for reference in named]
    fair = [against(results, name, resolve_method(text).name) for text in controls]
    for one in (*found, *fair):
        write_text(options.out / f"against-{re.sub('[^A-Za-z0-9._=-]', '-', one.reference)}.csv", csv_text(one.table))
    return found, fair


def _controls(results: Results, variant: str, reference: str) -> list[str]:
    """The reference trained on as many rows as the variant: for longer, and on larger batches. None where the
    variant costs no more than it."""
    ratios = []
    for task in results.shown.tasks.values():
        mine, other = results.cell(task, variant), results.cell(task, resolve_method(reference).name)
        if mine.status == other.status == "ok" and not alike(mine.rows, other.rows):
            ratios.append(mine.rows / other.rows)
    times = round(max(ratios, default=1))
    if times < 2:
        return []
    call = parse_call(reference)
    given = dict(call.params)
    return [str(Call(call.name, tuple((given | {k: times * given.get(k, 1)}).items()))) for k in ("length", "batch")]
