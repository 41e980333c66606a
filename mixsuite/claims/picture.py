"""Draw one picture per claim: each rule's effect on every task and over its tasks, beside what the paper claims."""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, log, log1p
from pathlib import Path
from textwrap import fill
from typing import Any

from mixsuite.claims.conclusion import CONTRADICTS, NOT_APPLICABLE, OPEN, SAME, SUPPORTS, Part, level_of
from mixsuite.claims.judge import NOT_RUN, SubTest
from mixsuite.claims.study import Rule, Study
from mixsuite.plots.save import save

_COLOURS = {
    SUPPORTS: "#1a7f37", CONTRADICTS: "#c4341c", SAME: "#0969da", OPEN: "#9a6700", NOT_APPLICABLE: "#8c959f",
    NOT_RUN: "#8c959f",
}  # fmt: skip
_CLAIMED, _GREY = "#8250df", "#57606a"


def draw(study: Study, tests: Sequence[SubTest], parts: Sequence[Part], conclusion: str, path: Path) -> None:
    """Draw a claim's picture as a PNG: one panel per rule, one line per task, and one for what they come to together.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    shown = [
        (rule, part, group)
        for place, (rule, part) in enumerate(zip(study.tests, parts, strict=True))
        if (group := [test for test in tests if test.rule == place])
    ]
    heights = [_height(part, group) for _, part, group in shown]
    figure = Figure(figsize=(11, 1.7 + 0.36 * sum(heights) + 0.45 * len(shown)), layout="constrained")
    if shown:
        axes = figure.subplots(len(shown), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axis, (rule, part, group) in zip(axes, shown, strict=True):
            _panel(axis, rule, part, group)
        figure.legend(
            handles=_keys(shown, level_of(study)), loc="outside lower center", ncols=6, fontsize=8, frameon=False
        )
    figure.suptitle(f"{study.name}: {conclusion}\n{fill(study.claim, 110)}", fontsize=11)
    save(figure, path)


def _height(part: Part, group: Sequence[SubTest]) -> float:
    """The height of a panel, in lines."""
    return 1.2 + (part.pooled is not None) + sum(1 + 0.3 * _task(test).count("\n") for test in group)


def _panel(axis: Any, rule: Rule, part: Part, group: Sequence[SubTest]) -> None:
    """One rule: its tasks from the top down, and their pooled effect in the last line."""
    lines = len(group) + (part.pooled is not None)
    if part.aim is not None:
        axis.axvline(part.aim.null, color=_GREY, linewidth=1)
        if part.aim.margin is not None:
            null, margin = part.aim.null, part.aim.margin
            axis.axvspan(null - margin, null + margin, color=_COLOURS[SAME], alpha=0.09, linewidth=0)
    for line, test in enumerate(group):
        colour = _COLOURS[test.finding]
        axis.plot([test.measured_low, test.measured_high], [line, line], color=colour, linewidth=2)
        axis.plot([test.measured], [line], "o", color=colour, markersize=6)
        axis.plot([test.control_measured], [line], "x", color=_GREY, markersize=6)
    if part.pooled is not None:
        colour, line = _COLOURS[part.finding], lines - 1
        axis.axhline(line - 0.5, color="#d0d7de", linewidth=0.8)
        axis.plot([part.low, part.high], [line, line], color=colour, linewidth=3.5)
        axis.plot([part.pooled.value], [line], "D", color=colour, markersize=8)
    if any(test.n for test in group):
        axis.plot([part.claimed], [lines - 0.62], "^", color=_CLAIMED, markersize=9, clip_on=False, zorder=5)
        _sides(axis, part)
    else:
        axis.set_xticks([])
    axis.set_ylim(lines - 0.5, -0.6)
    _words(axis, part, group)
    axis.set_title(title(rule, group[0]), fontsize=9, loc="left")
    axis.tick_params(axis="x", labelsize=8)
    if part.measure == "log ratio" and any(test.n for test in group):
        _in_per_cent(axis)


def _in_per_cent(axis: Any) -> None:
    """Label an axis of log ratios by round shares: -0.105 is -10 %. Of a thousandfold and more no shares are shown."""
    from matplotlib.ticker import MaxNLocator

    low, high = axis.get_xlim()
    if high > log(1000):
        return
    percents = [round(share, 6) for share in MaxNLocator(7).tick_values(100 * expm1(low), 100 * expm1(high))]
    places = {log1p(share / 100): f"{share:+g} %" if share else "0 %" for share in percents if share > -100}
    axis.set_xticks(list(places), list(places.values()))
    axis.set_xlim(low, high)


def _sides(axis: Any, part: Part) -> None:
    """Say on which side of the line an effect supports the claim. The line is in sight, with room on both sides."""
    if part.aim is None:
        return
    low, high = axis.get_xlim()
    low, high = min(low, part.aim.null), max(high, part.aim.null)
    room = 0.12 * (high - low)
    low, high = min(low, part.aim.null - room), max(high, part.aim.null + room)
    axis.set_xlim(low, high)
    words = (SUPPORTS, CONTRADICTS) if part.aim.lower else (CONTRADICTS, SUPPORTS)
    place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "va": "top", "fontsize": 7.5}
    axis.annotate(
        f"\N{LEFTWARDS ARROW} {words[0]}", (part.aim.null, 1), (-5, -1), ha="right", color=_COLOURS[words[0]], **place
    )
    axis.annotate(
        f"{words[1]} \N{RIGHTWARDS ARROW}", (part.aim.null, 1), (5, -1), ha="left", color=_COLOURS[words[1]], **place
    )


def _words(axis: Any, part: Part, group: Sequence[SubTest]) -> None:
    """Tasks to the left of the lines, findings to the right."""
    left, right = [_task(test) for test in group], [test.finding for test in group]
    if part.pooled is not None:
        left.append(f"mean of {part.scope}")
        right.append(part.finding)
    axis.set_yticks(range(len(left)), left, fontsize=8)
    other = axis.secondary_yaxis("right")
    other.set_yticks(range(len(right)), right, fontsize=8)
    for label, word in zip(other.get_yticklabels(), right, strict=True):
        label.set_color(_COLOURS[word])
    if part.pooled is not None:
        for label in (axis.get_yticklabels()[-1], other.get_yticklabels()[-1]):
            label.set_fontweight("bold")
    other.tick_params(length=0)
    for edge in (axis.spines["top"], axis.spines["right"], other.spines["right"]):
        edge.set_visible(False)


def _task(test: SubTest) -> str:
    """A task, and what of its regime keeps it out."""
    return f"{test.task}\n({fill(test.regime, 50)})" if test.finding == NOT_APPLICABLE else test.task


def title(rule: Rule, test: SubTest) -> str:
    """What a panel is about: the methods, the metric, and in what it is measured."""
    what = {
        "log ratio": "change of the mean",
        "difference": "difference of the means",
        "share of the gain": f"share of the gain over {rule.gain_over} that is kept",
        "value": "mean",
    }[rule.pooled_as]
    joint = " against " if rule.against is not None else ", "
    return f"{test.method}{joint}{test.against}: {test.metric}, {what}"


def _keys(shown: Sequence[tuple[Rule, Part, Sequence[SubTest]]], level: float) -> list[Any]:
    """The legend: what of the marks is in the picture."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def mark(marker: str, colour: str, text: str) -> Any:
        return Line2D([], [], marker=marker, color=colour, linestyle="none", markersize=6, label=text)

    tests = [test for _, _, group in shown for test in group]
    keys: list[Any] = [Line2D([], [], marker="o", color=_GREY, markersize=6, label="a task, 95 % interval")]
    if any(part.pooled is not None for _, part, _ in shown):
        keys.append(
            Line2D([], [], marker="D", color=_GREY, linewidth=3.5, label=f"their mean, {100 * level:.4g} % interval")
        )
    if any(part.claimed == part.claimed for _, part, _ in shown):
        ours = all(rule.claimed_ours for rule, part, _ in shown if part.claimed == part.claimed)
        keys.append(mark("^", _CLAIMED, "size that we look for" if ours else "size that the paper claims"))
    keys += [mark("x", _GREY, f"control: {name}") for name in dict.fromkeys(test.control for test in tests) if name]
    if any(part.aim is not None and part.aim.margin is not None for _, part, _ in shown):
        keys.append(Patch(color=_COLOURS[SAME], alpha=0.15, label="margin: no difference"))
    return keys
