"""Figures printed in papers, beside the studies' results. benchmarks/published.csv holds only sourced figures."""

from __future__ import annotations

from collections.abc import Hashable
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import folders
from mixsuite.experiment.resolve import resolve_method
from mixsuite.results.reading import Results
from mixsuite.stats.paired import t_interval

# A paper's figure, and the study, task, method and metric whose result stands beside it, or nothing.
_THEIRS = ["paper", "table", "dataset", "model", "method", "metric", "value", "selection_rule", "n"]
_OURS = ["study", "task", "our_method", "our_metric"]
COLUMNS = [*_THEIRS, *_OURS, "ours", "low", "high", "seeds"]


def published() -> pd.DataFrame:
    """Read the papers' figures from ./benchmarks, else from the copy that came with the package.

    Raises:
        InputError: another header, or a value that is no number.
    """
    path = next(path for folder in folders() if (path := folder / "published.csv").is_file())
    return read_published(path)


def read_table(path: Path) -> pd.DataFrame:
    """Read the cells of a CSV file as text.

    Raises:
        InputError: the file cannot be read as a table.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table: {' '.join(str(error).split())}") from None


def read_published(path: Path) -> pd.DataFrame:
    """Read the papers' figures from a file.

    Raises:
        InputError: as ``published``.
    """
    table = read_table(path)
    if list(table.columns) != [*_THEIRS, *_OURS]:
        raise InputError(f"{path}: its columns must be {', '.join([*_THEIRS, *_OURS])}")
    values = pd.to_numeric(table["value"], errors="coerce")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"{path}, line {row + 2}: value={table['value'][row]!r} is no number")
    return table.assign(value=values)


def beside(study: str, results: Results) -> pd.DataFrame:
    """List a study's published figures with our results beside them.

    Our result is the mean over seeds with its 95 % t-interval and the number of seeds. It is in per cent if the paper's
    figure is.
    """
    figures = published()
    rows = [row | _ours(row, results) for row in figures[figures["study"] == study].to_dict("records")]
    return pd.DataFrame(rows, columns=COLUMNS)


def _ours(row: dict[Hashable, Any], results: Results) -> dict[str, float]:
    task = results.manifest.tasks.get(row["task"])
    cell = None if task is None else results.cell(task, resolve_method(row["our_method"]).name)
    if cell is None or cell.status != "ok":
        return {"ours": nan, "low": nan, "high": nan, "seeds": 0}
    per_seed = [o.metrics[row["our_metric"]] for _, o in sorted(cell.ok.items()) if row["our_metric"] in o.metrics]
    values = np.array(per_seed) * (100 if row["metric"].endswith("%") else 1)
    low, high = t_interval(values)
    return {"ours": float(values.mean()) if len(values) else nan, "low": low, "high": high, "seeds": len(values)}
