"""Figures that the papers print, beside what the studies came to: benchmarks/published.csv, sourced figures alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mixsuite.errors import InputError
from mixsuite.matrix import folders
from mixsuite.report.results import Results, load_results
from mixsuite.report.stats import t_interval
from mixsuite.resolve import resolve_method

# A figure of a paper, and what of ours stands beside it: a study's task, method and metric, or nothing.
_THEIRS = ["paper", "table", "dataset", "model", "method", "metric", "value", "selection_rule", "n"]
_OURS = ["study", "task", "our_method", "our_metric"]
COLUMNS = [*_THEIRS, *_OURS, "ours", "low", "high", "seeds"]


def published() -> pd.DataFrame:
    """The papers' figures: of ./benchmarks, else those that came with the package.

    Raises:
        InputError: another header, or a value that is no number.
    """
    path = next(path for folder in folders() if (path := folder / "published.csv").is_file())
    return read_published(path)


def read_published(path: Path) -> pd.DataFrame:
    """The figures of a file.

    Raises:
        InputError: as published does.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table: {' '.join(str(error).split())}") from None
    if list(table.columns) != [*_THEIRS, *_OURS]:
        raise InputError(f"{path}: its columns must be {', '.join([*_THEIRS, *_OURS])}")
    values = pd.to_numeric(table["value"], errors="coerce")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"{path}, line {row + 2}: value={table['value'][row]!r} is no number")
    return table.assign(value=values)


def beside(out: Path, studies: Iterable[str]) -> pd.DataFrame:
    """Every figure that has one of ours beside it among the studies: ours, with its 95 % t-interval and the number of
    seeds; where the paper counts per cent, so do we.

    Args:
        out: a folder with a results folder for each study.
    """
    figures, wanted = published(), set(studies)
    results = {name: load_results(out / name) for name in sorted(wanted & set(figures["study"]))}
    known = figures[figures["study"].isin(list(results))].sort_values("study", kind="stable")
    rows = [row | _ours(row, results[row["study"]]) for row in known.to_dict("records")]
    return pd.DataFrame(rows, columns=COLUMNS)


def _ours(row: dict[Hashable, Any], results: Results) -> dict[str, float]:
    task = results.shown.tasks.get(row["task"])
    cell = None if task is None else results.cell(task, resolve_method(row["our_method"]).name)
    if cell is None or cell.status != "ok":
        return {"ours": nan, "low": nan, "high": nan, "seeds": 0}
    found = [o.metrics[row["our_metric"]] for _, o in sorted(cell.ok.items()) if row["our_metric"] in o.metrics]
    values = np.array(found) * (100 if row["metric"].endswith("%") else 1)
    low, high = t_interval(values)
    return {"ours": float(values.mean()) if len(values) else nan, "low": low, "high": high, "seeds": len(values)}
