"""Print tables as text (one row per line, full names, no wrapping) or as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pandas as pd

from mixsuite.report.equal_compute import summary
from mixsuite.report.leaderboard import Report, format_number

Format = Literal["text", "md"]
_TASK_SHOWN = [
    "rank", "method", "n", "mean", "std", "diff", "diff_low", "diff_high", "p_holm", "verdict", "least_effect",
    "seconds", "rows_per_step", "status",
]  # fmt: skip
_OVERALL_SHOWN = [
    "rank", "method", "tasks", "mean_rank", "rank_low", "rank_high", "better", "tie", "worse", "undecided", "seconds",
    "complete",
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
}  # columns that are aligned to the left
_COUNTS = {"rank", "n", "tasks", "better", "tie", "worse", "undecided", "pairs", "seeds", "seeds_largest"}


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


def report_text(report: Report, form: Format = "text") -> str:
    """Write the tables and caveats that ``mixsuite run`` and ``mixsuite leaderboard`` print."""
    gap = "\n\n" if form == "md" else "\n"
    parts = [
        f"{'### ' if form == 'md' else ''}{title}{gap}{chr(10).join(lines)}" for title, lines in _parts(report, form)
    ]
    if report.notes:
        bullet = "- " if form == "md" else "note: "
        parts.append("\n".join(bullet + note for note in report.notes))
    return "\n\n".join(parts)


def _parts(report: Report, form: Format) -> Iterator[tuple[str, list[str]]]:
    lines = _LINES[form]
    reference = report.results.manifest.reference
    for task, table in report.tasks.items():
        primary = report.primary(task)
        title = (
            f"{task}: {primary.name}, {primary.better} is better "
            f"(diff: from {reference}, paired by seed, unadjusted 95 % interval)"
        )
        yield title, lines(table, _TASK_SHOWN)
    if len(report.overall):
        title = f"All classification tasks ({_ranked(report)}verdicts: against {reference})"
        yield title, lines(report.overall, _OVERALL_SHOWN)
    if len(report.equal_compute):
        table = summary(report.equal_compute)
        title = "At equal compute: costlier methods against controls that train on as many rows, and their own twins"
        yield title, lines(table, list(table.columns))


def _ranked(report: Report) -> str:
    """Say which tasks the mean ranks cover."""
    ranked = report.overall.dropna(subset="mean_rank")
    if not len(ranked):
        return ""
    first, count = ranked.iloc[0], sum(t.classification for t in report.results.manifest.tasks.values())
    return f"ranked over {first['ranked_over']:.0f} of {count}; 95 % interval over {first['rank_scope']}; "
