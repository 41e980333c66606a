"""Tables for a terminal: one row a line, full names, nothing wrapped."""

from __future__ import annotations

import pandas as pd

from mixsuite.report.leaderboard import Report, format_number

_TASK_SHOWN = ["rank", "method", "n", "mean", "std", "diff", "diff_low", "diff_high", "seconds", "status"]
_OVERALL_SHOWN = ["rank", "method", "tasks", "mean_rank", "seconds", "complete"]


def _text(name: str, value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return format_number(value) if name in ("rank", "n", "tasks") else f"{value:.4g}"
    return str(value)


def table_lines(table: pd.DataFrame, columns: list[str]) -> list[str]:
    """A header and one line a row; text to the left, numbers to the right, two spaces between."""
    cells = [columns] + [[_text(c, row[c]) for c in columns] for _, row in table.iterrows()]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    left = {"method", "status", "complete"}
    return [
        "  ".join(
            text.ljust(width) if name in left else text.rjust(width)
            for text, width, name in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in cells
    ]


def report_text(report: Report) -> str:
    """The tables that ``mixsuite run`` and ``mixsuite leaderboard`` print."""
    parts = []
    for task, table in report.tasks.items():
        parts.append(
            [f"{task}: {report.primary[task]} (lower is better; diff: paired with the reference, 95 % interval)"]
        )
        parts[-1] += table_lines(table, _TASK_SHOWN)
    if len(report.overall):
        parts.append(["All classification tasks", *table_lines(report.overall, _OVERALL_SHOWN)])
    if report.notes:
        parts.append([f"note: {note}" for note in report.notes])
    return "\n\n".join("\n".join(part) for part in parts)
