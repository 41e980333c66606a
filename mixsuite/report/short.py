"""A comparison in short: a table that fits 100 columns, or one for a paper, and the sentence that sums it up."""

from __future__ import annotations

from math import isfinite
from typing import Any, Literal

from mixsuite.report.comparison import Comparison
from mixsuite.stats.convergence import NO, OPEN, OVERTRAINED, YES
from mixsuite.stats.verdicts import BETTER, TIE, WORSE

Form = Literal["text", "md", "latex"]
_TASK, _METHOD = 22, 13  # characters of a task's and a method's name; the CSV has them whole
_WORDS = ("verdict", "converged", "conv.")  # columns to the left
_STATES = {YES: "yes", NO: "no", OVERTRAINED: "over", OPEN: "open"}
_ESCAPED = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def short_rows(comparison: Comparison) -> list[list[str]]:
    """The cells of the table with its header: a row for each task that has a verdict."""
    shown = comparison.table[comparison.table["verdict"] != "skipped"].to_dict("records")
    metrics = dict.fromkeys(f"{row['metric']}, {row['direction']} is better" for row in shown)
    state = ["conv."] if comparison.looked else []
    head = ["task", comparison.variant, comparison.reference, "difference [95 %]", "verdict", *state, "rows"]
    if len(metrics) == 1:
        head[0] = next(iter(metrics)).split(",")[0]
    return [head, *(_row(row, len(metrics) > 1, comparison.looked) for row in shown)]


def _row(row: dict[Any, Any], with_metric: bool, with_state: bool) -> list[str]:
    means = (mean_and_sd(row["mean"], row["std"]), mean_and_sd(row["reference_mean"], row["reference_std"]))
    task = f"{row['task']} ({row['metric']})" if with_metric else row["task"]
    cost = times(row["rows"], row["reference_rows"])
    state = [_STATES.get(row["converged"], "")] if with_state else []
    return [task, *means, difference(row), verdict_word(row), *state, cost]


def difference(row: dict[Any, Any]) -> str:
    """A row's difference with its 95 % interval; "" where there is none."""
    if not _known(row["diff"]):
        return ""
    interval = f" [{row['diff_low']:+.2g}, {row['diff_high']:+.2g}]" if _known(row["diff_low"]) else ""
    nothing = abs(row["diff"]) <= 1e-12 * abs(row["mean"])  # sums of equal numbers in another order
    return f"0{interval}" if nothing else f"{row['diff']:+.2g}{interval}"


def times(cost: Any, reference: Any) -> str:
    """A cost as a multiple of the reference's."""
    return f"{cost / reference:.2g}x" if _known(cost, reference) and reference else ""


def _known(*values: Any) -> bool:
    return all(value is not None and isfinite(value) for value in values)


def mean_and_sd(mean: Any, std: Any) -> str:
    """A mean with its standard deviation over seeds; "" where there is none."""
    if not _known(mean):
        return ""
    return f"{mean:.3g}" + (f"±{std:.2g}" if _known(std) else "")


def verdict_word(row: dict[Any, Any]) -> str:
    """A row's verdict in a word or two: a difference that is sure and within the margin is small."""
    word = str(row["verdict"])
    if "needs" in word:
        return word.removeprefix("undecided (").removesuffix(" seeds)")
    return f"{word}, small" if word in (BETTER, WORSE) and row["within_margin"] == "true" else word


def sentence(comparison: Comparison) -> str:
    """What the table comes to, in one sentence."""
    words = comparison.counts
    counts = [f"{'equal' if word == TIE else word} on {words[word]}" for word in words if words[word]]
    judged = sum(words.values())
    if not counts:
        return f"{comparison.variant} against {comparison.reference}: no task where both apply."
    place = f"of {judged} tasks" if judged != 1 else "of 1 task"
    cost = f", for {comparison.cost}" if comparison.cost else ""
    return f"{comparison.variant} against {comparison.reference}: {', '.join(counts)} {place}{cost}."


def as_text(comparison: Comparison, form: Form = "text") -> str:
    """Write a comparison: its table, the tasks that have no verdict with the reason, and the sentence.

    Args:
        comparison: a variant against one reference.
        form: "text": at most 100 columns for names of usual length; "md" or "latex": a paper's table.
    """
    rows = short_rows(comparison)
    lines = {"text": _text, "md": markdown, "latex": _latex}[form](rows) if len(rows) > 1 else []
    start = {"text": "", "md": "- ", "latex": "% "}[form]
    looked = (
        [] if comparison.looked or len(rows) < 2 else ["converged: not looked (--lengths 2 trains for longer, too)"]
    )
    reasons = [f"{start}{line}" for line in [*comparison.reasons, *looked]]
    last = f"% {sentence(comparison)}" if form == "latex" else sentence(comparison)
    return "\n".join(["\n".join(part) for part in (lines, reasons, [last]) if part])


def _shortened(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    front = (size - 1) // 2
    return f"{text[:front]}…{text[len(text) - (size - 1 - front) :]}"


def _text(rows: list[list[str]]) -> list[str]:
    head = [rows[0][0], *(_shortened(name, _METHOD) for name in rows[0][1:3]), *rows[0][3:]]
    return aligned([[_shortened(row[0], _TASK), *row[1:]] for row in [head, *rows[1:]]])


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows of cells as lines, in columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def markdown(rows: list[list[str]]) -> list[str]:
    """Rows of cells, the header first, as a Markdown table: the first column and verdicts to the left."""
    rule = [":---" if place == 0 or name in _WORDS else "---:" for place, name in enumerate(rows[0])]
    cells = [[text.replace("|", "\\|") for text in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in (cells[0], rule, *cells[1:])]


def _latex(rows: list[list[str]]) -> list[str]:
    def escaped(text: str) -> str:
        return "".join(_ESCAPED.get(c, c) for c in text).replace("±", r"$\pm$")

    head, *body = [" & ".join(map(escaped, row)) + r" \\" for row in rows]
    columns = "".join("l" if place == 0 or name in _WORDS else "r" for place, name in enumerate(rows[0]))
    return [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]
