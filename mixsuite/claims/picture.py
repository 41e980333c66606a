"""Draw one picture per claim: every sub-test's effect with its interval, and the effect of its control."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from mixsuite.claims.judge import SubTest
from mixsuite.claims.study import Study
from mixsuite.plots.save import save

_COLOURS = {"better": "#1a7f37", "as good": "#1a7f37", "worse": "#c4341c", "tie": "#57606a"}
_OPEN = "#9a6700"


def draw(study: Study, tests: Sequence[SubTest], verdict: str, path: Path) -> None:
    """Draw a claim's picture as a PNG: one panel per metric, one line per sub-test.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    shown = [
        (metric, [test for test in tests if test.metric == metric]) for metric in dict.fromkeys(t.metric for t in tests)
    ]
    heights = [len(group) + 0.6 for _, group in shown]
    figure = Figure(figsize=(10, 1.6 + 0.5 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(shown), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (metric, group) in zip(axes, shown, strict=True):
        for line, test in enumerate(group):
            colour = _COLOURS.get(test.outcome, _OPEN)
            axis.plot([test.low, test.high], [line, line], color=colour, linewidth=2, solid_capstyle="butt")
            axis.plot([test.effect], [line], "o", color=colour, markersize=6)
            axis.plot([test.control_effect], [line], "x", color="#57606a", markersize=6)
            axis.plot([test.bound], [line], "|", color="#24292f", markersize=16)
        if not all(test.bounded for test in group):
            axis.axvline(0, color="#8c959f", linewidth=0.8)
        axis.set_yticks(range(len(group)), [_label(test) for test in group], fontsize=8)
        axis.set_ylim(len(group) - 0.5, -0.5)
        right = axis.secondary_yaxis("right")
        right.set_yticks(range(len(group)), [_outcome(test) for test in group], fontsize=8)
        right.tick_params(length=0)
        axis.set_xlabel(fill(f"{metric}: {_what(group)}", 140), fontsize=8)
        axis.tick_params(axis="x", labelsize=8)
        for edge in (axis.spines["top"], axis.spines["right"], right.spines["right"]):
            edge.set_visible(False)
    figure.suptitle(f"{study.name}: {verdict}\n{fill(study.claim, 100)}", fontsize=10)
    save(figure, path)


def _label(test: SubTest) -> str:
    joint = ", " if test.against.startswith("at ") else " against "
    return f"{test.task}\n{test.method}{joint}{test.against}" if test.against else test.task


def _outcome(test: SubTest) -> str:
    """The outcome in one word; for a threshold, whether every seed meets the bound."""
    word = test.outcome.split(":")[0]
    return {"better": "met", "worse": "missed"}.get(word, word) if test.bounded else word


def _what(group: Sequence[SubTest]) -> str:
    """Describe what a panel shows of its sub-tests."""
    difference = "share of the reference" if any(test.relative for test in group) else "difference"
    parts = []
    if any(not test.bounded for test in group):
        parts.append(f"{difference}, 95 % interval")
    if any(test.bounded for test in group):
        value = "value" if any(test.against.startswith("at ") for test in group) else difference
        parts.append(f"{value}, least to largest of the seeds; |: the bound")
    controls = list(dict.fromkeys(test.control for test in group if test.control))
    if controls:
        parts.append(f"x: {', '.join(controls)}")
    return "; ".join(parts)
