"""One picture a claim: every sub-test's effect with its interval, and its control beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from mixsuite.claims.study import Study
from mixsuite.claims.verdict import SubTest

_COLOURS = {"better": "#1a7f37", "as good": "#1a7f37", "worse": "#c4341c", "tie": "#57606a"}
_OPEN = "#9a6700"


def draw(study: Study, tests: Sequence[SubTest], verdict: str, path: Path) -> None:
    """Write the picture; one panel for each metric, a line for each sub-test."""
    from matplotlib.figure import Figure

    metrics = list(dict.fromkeys(test.metric for test in tests))
    heights = [sum(test.metric == metric for test in tests) + 1 for metric in metrics]
    figure = Figure(figsize=(9, 1.5 + 0.34 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(metrics), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, metric in zip(axes, metrics, strict=True):
        shown = [test for test in tests if test.metric == metric]
        for line, test in enumerate(shown):
            colour = _COLOURS.get(test.outcome, _OPEN)
            axis.plot([test.low, test.high], [line, line], color=colour, linewidth=2, solid_capstyle="butt")
            axis.plot([test.effect], [line], "o", color=colour, markersize=6)
            axis.plot([test.control_effect], [line], "x", color="#57606a", markersize=6)
            axis.annotate(test.outcome, (1.01, line), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        if any(" " not in test.against[:7] for test in shown):
            axis.axvline(0, color="#8c959f", linewidth=0.8)
        axis.set_yticks(range(len(shown)), [_label(test) for test in shown], fontsize=8)
        axis.set_ylim(len(shown) - 0.5, -0.5)
        axis.set_xlabel(f"{metric}: difference (95 % interval); x: the control's", fontsize=8)
        axis.tick_params(axis="x", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{study.name}: {verdict}\n{fill(study.claim, 100)}", fontsize=10)
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(part, format="png", dpi=110, metadata={"Software": None})
    os.replace(part, path)


def _label(test: SubTest) -> str:
    return f"{test.task}\n{test.method} against {test.against}" if test.against else test.task
