"""Write a comparison with the baseline as text, Markdown or JSON."""

from __future__ import annotations

import json
from math import isnan
from typing import Any, Literal

import pandas as pd

from mixsuite.regression.gate import ALPHA, EQUAL
from mixsuite.regression.regress import SAME, Regression
from mixsuite.regression.yardstick import SLOWER
from mixsuite.report.text import markdown_lines, table_lines
from mixsuite.stats.paired import zero_rounding

_CALM = 0.1  # costs that changed by less are counted, not listed
_SHOWN = [
    "task",
    "method",
    "verdict",
    "changed_at",
    "n",
    "metric",
    "then",
    "now",
    "diff",
    "low",
    "high",
    "p",
    "also_changed",
]
Format = Literal["text", "json", "md"]


def as_text(found: Regression, form: Format = "text") -> str:
    """Write what ``mixsuite regress`` prints: the changed cells, the commands that run them again, costs and notes."""
    if form == "json":
        return json.dumps(as_dict(found), indent=2, allow_nan=False)
    lines, bullet = (markdown_lines, "- ") if form == "md" else (table_lines, "")
    at = f" (commit {found.baseline.commit})" if found.baseline.commit else ""
    cells = len(found.baseline.cells)
    title = f"{found.out} against {found.baseline.path}{at}: {cells} cells x {found.seeds} seeds, {found.needed} needed"
    parts = [f"### {found.headline}\n\n{title}" if form == "md" else f"{title}\n{found.headline}"]
    changed = [change for change in found.changes if change.verdict != SAME]
    if changed:
        table = pd.DataFrame([vars(change) for change in changed])
        parts.append("\n".join(lines(table, [c for c in _SHOWN if (table[c].notna() & (table[c] != "")).any()])))
    others = [
        {"task": c.task, "method": c.method, "metric": name, "then": then, "now": now}
        for c in changed
        for name, (then, now) in c.others.items()
        if zero_rounding(pd.Series([now - then]).to_numpy(), max(abs(now), abs(then)))[0] and c.verdict != EQUAL
    ]
    if others:
        title = "Further metrics of these cells (shown, not gated)"
        parts.append("\n".join([title, *([""] if form == "md" else []), *lines(pd.DataFrame(others), list(others[0]))]))
    costs = [
        {"over": over, "cost": name, "grew_by": ratio}
        for (over, name), ratio in found.costs.items()
        if abs(ratio - 1) > _CALM
    ]
    calm = len(found.costs) - len(costs)
    if costs:
        gated = f"gated above {SLOWER}" if found.gate_costs else "shown, not gated"
        title = f"Costs in yardsticks, median over runs of now / then ({gated})"
        parts.append("\n".join([title, *([""] if form == "md" else []), *lines(pd.DataFrame(costs), list(costs[0]))]))
    sentences = [f"{c.task}, {c.method}: {c.reason}" for c in changed if c.reason]
    sentences += [f"again: {c.command}" for c in changed if c.command]
    if calm:
        sentences.append(f"costs: {calm} of {len(found.costs)} within {_CALM:.0%} of the baseline's, in yardsticks")
    sentences += [f"note: {note}" for note in found.notes]
    parts += ["\n".join(f"{bullet}{line}" for line in sentences)] if sentences else []
    return "\n\n".join(parts)


def as_dict(found: Regression) -> dict[str, Any]:
    """Return the comparison as one JSON object; numbers that do not exist are null."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and isnan(value) else value

    return {
        "status": found.status,
        "headline": found.headline,
        "baseline": str(found.baseline.path),
        "commit": found.baseline.commit,
        "alpha": ALPHA,
        "seeds": found.seeds,
        "needed_seeds": found.needed,
        "cells": [
            {name: plain(value) for name, value in vars(change).items()}
            | {"others": {name: {"then": then, "now": now} for name, (then, now) in change.others.items()}}
            for change in found.changes
        ],
        "costs": [{"over": over, "cost": name, "grew_by": ratio} for (over, name), ratio in found.costs.items()],
        "notes": found.notes,
    }
