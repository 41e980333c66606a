"""Print tables as text (one row per line, full names, no wrapping) or as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp, nan
from typing import Any, Literal

import pandas as pd

from mixsuite.report.convergence import not_stretched
from mixsuite.report.equal_compute import summary
from mixsuite.report.leaderboard import Report, format_number
from mixsuite.report.short import aligned, difference, markdown, mean_and_sd, times, verdict_word
from mixsuite.stats.convergence import MOVED, OPEN, YES
from mixsuite.stats.primary import Primary

Format = Literal["text", "md"]
_TASK_SHOWN = [
    "rank", "method", "n", "mean", "std", "diff", "diff_low", "diff_high", "p_holm", "verdict", "least_effect",
    "seconds", "rows_per_step", "status", "within_margin", "converged",
]  # fmt: skip
_OVERALL_SHOWN = [
    "rank", "method", "tasks", "mean_rank", "rank_low", "rank_high", "better", "tie", "worse", "undecided", "seconds",
    "complete", "not_converged",
]  # fmt: skip
_WORDS = {
    "method",
    "metric",
    "direction",
    "verdict",
    "status",
    "complete",
    "control",
    "task",
    "largest_method",
    "changed_at",
    "also_changed",
    "over",
    "cost",
    "claim",
    "against",
    "outcome",
    "dataset",
    "model",
    "our_method",
    "study",
    "paper",
    "sub-tests",
    "within_margin",
    "converged",
    "conclusion",
    "kind",
    "test_scale",
    "findings",
    "finding",
    "regime",
    "part",
    "scope",
    "measure",
    "claimed_source",
}  # columns that are aligned to the left
_COARSE = 0.10  # share of the reference from which on a table says that it finds no smaller difference
_COUNTS = {
    "rank", "n", "tasks", "better", "tie", "worse", "undecided", "pairs", "seeds", "seeds_largest", "not_converged",
}  # fmt: skip


def _text(name: str, value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return format_number(value) if name in _COUNTS else f"{value:.4g}"
    return str(value)


def _cells(table: pd.DataFrame, columns: list[str]) -> list[list[str]]:
    return [[_text(c, row[c]) for c in columns] for row in table.to_dict("records")]


def table_lines(table: pd.DataFrame, columns: list[str]) -> list[str]:
    """Write a table as text: a header and one line per row, text aligned left and numbers right."""
    cells = [columns, *_cells(table, columns)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    return [
        "  ".join(
            text.ljust(width) if name in _WORDS else text.rjust(width)
            for text, width, name in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in cells
    ]


def markdown_lines(table: pd.DataFrame, columns: list[str]) -> list[str]:
    """Write a table as Markdown."""
    rule = [":---" if name in _WORDS else "---:" for name in columns]
    cells = [[text.replace("|", "\\|") for text in row] for row in _cells(table, columns)]
    return ["| " + " | ".join(row) + " |" for row in [columns, rule, *cells]]


Lines = Callable[[pd.DataFrame, list[str]], list[str]]
_LINES: dict[Format, Lines] = {"text": table_lines, "md": markdown_lines}
_CELLS: dict[Format, Callable[[list[list[str]]], list[str]]] = {"text": aligned, "md": markdown}


def report_text(report: Report, form: Format = "text", wide: bool = False) -> str:
    """Write what ``mixsuite run`` and ``mixsuite leaderboard`` print: tables of what was asked for, and caveats.

    wide: every column in full; otherwise tables that fit 100 columns where names are of usual length.
    """
    gap, shown = "\n\n" if form == "md" else "\n", report.shown()
    parts = [
        f"{'### ' if form == 'md' else ''}{title}{gap}{chr(10).join(lines)}"
        for title, lines in _parts(report, shown, form, wide)
    ]
    reference = report.results.manifest.reference
    told = [f"diff: from {reference}, paired by seed, unadjusted 95 % interval"] if shown else []
    if len(shown) > 1 and report.overall["log_ratio"].notna().any():
        told += [
            f"ratio: to {reference}'s distance from the optimum, as an error; the interquartile mean over data sets, "
            "95 % interval for these tasks; methods that share a letter of a group are not significantly different"
        ]
    bullet = "- " if form == "md" else "note: "
    notes = [*told, *report.notes]
    return "\n\n".join([*parts, "\n".join(bullet + note for note in notes)])


def _parts(report: Report, shown: dict[str, pd.DataFrame], form: Format, wide: bool) -> Iterator[tuple[str, list[str]]]:
    for task, table in shown.items():
        primary = report.primary(task)
        counts = table.loc[table["verdict"] != "skipped", "n"]
        size = f", n = {counts.min():.0f}" + ("" if counts.nunique() < 2 else f" to {counts.max():.0f}")
        seen = coarseness(table, primary, report.results.manifest.reference)
        title = f"{task}: {primary.name}, {primary.better} is better{size if len(counts) else ''}{seen}"
        yield title, _LINES[form](table, _TASK_SHOWN) if wide else _CELLS[form](_task_cells(table))
    methods = {method for table in shown.values() for method in table["method"]}
    overall = report.overall[report.overall["method"].isin(methods)]
    if len(shown) > 1 and len(overall):
        title = f"All classification tasks ({_ranked(report)}verdicts: against {report.results.manifest.reference})"
        yield title, _LINES[form](overall, _OVERALL_SHOWN) if wide else _CELLS[form](_overall_cells(overall))
    equal = report.equal_compute[report.equal_compute["method"].isin(methods)]
    if len(equal):
        table = summary(equal)
        title = "At equal compute: costlier methods against controls that train on as many rows, and their own twins"
        yield title, _LINES[form](table, list(table.columns))


def _task_cells(table: pd.DataFrame) -> list[list[str]]:
    """A task's table in short, without methods that were skipped: a note names them."""
    rows = table.to_dict("records")
    base = next((row for row in rows if row["verdict"] == "reference"), {})
    reference = base.get("rows_per_step", nan) * base.get("steps", nan)
    looked = table["converged"].isin([YES, *MOVED, OPEN]).any()
    cells = [["method", "mean±sd", "diff [95 %]", "verdict", *(["converged"] if looked else []), "rows", "seconds"]]
    for row in rows:
        if row["verdict"] != "skipped":
            word = verdict_word(row) if row["status"] == "ok" else row["status"]
            seconds = f"{row['seconds']:.3g}" if row["seconds"] == row["seconds"] else ""
            cost = times(row["rows_per_step"] * row["steps"], reference)
            score = mean_and_sd(row["mean"], row["std"])
            state = [_text("converged", row["converged"])] if looked else []
            cells.append([row["method"], score, difference(row), word, *state, cost, seconds])
    return cells


def coarseness(table: pd.DataFrame, primary: Primary, reference: str) -> str:
    """Say how large a difference must be to be found, if that is more than a tenth of the reference; else "".

    Args:
        table: of one task.
        primary: its metric.
        reference: the reference's name.
    """
    base = table.loc[table["verdict"] == "reference", "mean"]
    found = table["least_effect"].median()
    share = found / primary.distance(base.iloc[0]) if len(base) and primary.distance(base.iloc[0]) else nan
    return f"; differences below {share:.0%} of {reference}'s are rarely found" if share > _COARSE else ""


def _overall_cells(table: pd.DataFrame) -> list[list[str]]:
    """The table over tasks in short."""
    words = ["better", "tie", "worse", "undecided", *(["not_converged"] if table["not_converged"].any() else [])]
    groups = ["group"] if table["group"].notna().any() else []
    head = ["method", "tasks", "mean rank [95 %]", "ratio [95 %]", *groups]
    cells = [[*head, *(word.replace("_", " ") for word in words)]]
    for row in table.to_dict("records"):
        rank = ""
        if row["mean_rank"] == row["mean_rank"]:
            interval = f" [{row['rank_low']:.3g}, {row['rank_high']:.3g}]" if row["rank_low"] == row["rank_low"] else ""
            rank = f"{row['mean_rank']:.3g}{interval}"
        counts = (_text(name, row[name]) for name in words)
        letters = [_text("group", row["group"]) for _ in groups]
        cells.append([row["method"], _text("tasks", row["tasks"]), rank, _ratio(row), *letters, *counts])
    return cells


def _ratio(row: dict[Any, Any]) -> str:
    """The interquartile mean of log ratios as a ratio, with its interval for these tasks."""
    ends = [row["log_ratio_low"], row["log_ratio_high"]]
    if row["log_ratio"] != row["log_ratio"]:
        return ""
    return f"{exp(row['log_ratio']):.2f}" + (f" [{exp(ends[0]):.2f}, {exp(ends[1]):.2f}]" if ends[0] == ends[0] else "")


def _ranked(report: Report) -> str:
    """Say which tasks the mean ranks cover."""
    ranked = report.overall.dropna(subset="mean_rank")
    if not len(ranked):
        return ""
    tasks = not_stretched(report.results.manifest.tasks.values())
    first, count = ranked.iloc[0], sum(task.classification for task in tasks)
    return f"ranked over {first['ranked_over']:.0f} of {count}; 95 % interval over {first['rank_scope']}; "
