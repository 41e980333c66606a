"""The history of cells: one row per cell and commit in results/history.csv, and the steps in each curve."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite, nan
from pathlib import Path

import numpy as np

from mixsuite.errors import InputError
from mixsuite.regression.baseline import Key, commit_of, read_cells
from mixsuite.regression.gate import gate_margin
from mixsuite.results.files import rewriting, write_text
from mixsuite.stats.paired import mean, t_interval
from mixsuite.stats.primary import Primary

COLUMNS = ["commit", "date", "domain", "dataset", "recipe", "method", "metric", "n", "mean", "low", "high"]
ADDED = ["direction", "optimum"]  # later versions added these at the right; a history without them can be read too


@dataclass(frozen=True)
class Point:
    """A cell at a commit: mean of the primary metric over n seeds and its 95 % t-interval (nan for one seed)."""

    commit: str
    date: str
    primary: Primary
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Step:
    """A step in a curve: a point that differs clearly from the one before it."""

    before: Point
    after: Point


def track(out: Path, path: Path, commit: str | None = None, date: str | None = None) -> int:
    """Add one row to the history for each cell that is ok for all its seeds; return the number of these cells.

    A row of the same commit and cell is replaced in place, so a second call adds nothing. The file is written whole or
    not at all.

    Args:
        out: the results folder.
        path: the history, a CSV file.
        commit: default: the commit that is checked out.
        date: in ISO format; default: today (UTC).

    Raises:
        InputError: no results, no ok cell, or a file that is not a history.
    """
    cells = {k: runs for k, runs in read_cells(out).items() if all(not run.reason for run in runs.values())}
    if not cells:
        raise InputError(f"--out {out}: no cell is ok; there is nothing to track")
    commit = commit_of(Path.cwd()) if commit is None else commit
    date = date or datetime.datetime.now(datetime.UTC).date().isoformat()
    with rewriting(path):
        history = load_history(path)
        for key, runs in cells.items():
            primary = next(iter(runs.values())).primary
            values = np.array([runs[seed].value for seed in sorted(runs)])
            point = Point(commit, date, primary, len(values), mean(values.tolist()), *t_interval(values))
            points = history.setdefault(key, [])
            at = next((place for place, p in enumerate(points) if commit and p.commit == commit), None)
            if at is None:
                points.append(point)
            else:
                points[at] = replace(point, date=points[at].date)
        write_text(path, _text(history))
    return len(cells)


def _text(history: dict[Key, list[Point]]) -> str:
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow([*COLUMNS, *ADDED])
    rows = [(p.date, place, key, p) for key, points in history.items() for place, p in enumerate(points)]
    for _, _, key, p in sorted(rows, key=lambda row: row[:2]):
        numbers = ["" if np.isnan(v) else f"{v:.6g}" for v in (p.mean, p.low, p.high)]
        judged = p.primary
        table.writerow([p.commit, p.date, *key, judged.name, p.n, *numbers, judged.better, f"{judged.optimum:g}"])
    return buffer.getvalue()


def load_history(path: Path) -> dict[Key, list[Point]]:
    """Read a history: cell -> its points, oldest first; empty if the file does not exist.

    Raises:
        InputError: a line that is no row of a history (the message names it).
    """
    history: dict[Key, list[Point]] = {}
    if not path.exists():
        return history
    number = 1
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, strict=True)
            if (table.fieldnames or [])[: len(COLUMNS)] != COLUMNS:
                raise InputError(f"{path}, line 1: not a history: its columns must be {','.join(COLUMNS)}")
            for row in table:
                number = table.line_num
                if None in row or None in row.values():
                    raise ValueError("cells are too few or too many")
                numbers = [float(row[name]) if row[name] else nan for name in ("mean", "low", "high")]
                if not isfinite(numbers[0]):
                    raise ValueError(f"mean {row['mean']} is no number")
                datetime.date.fromisoformat(row["date"])
                facts = row.get("direction") or "lower", float(row.get("optimum") or 0)
                primary = Primary(row["metric"], *facts)  # type: ignore[arg-type]
                point = Point(row["commit"], row["date"], primary, int(row["n"]), *numbers)
                history.setdefault((row["domain"], row["dataset"], row["recipe"], row["method"]), []).append(point)
    except (csv.Error, UnicodeDecodeError, ValueError, TypeError, AttributeError, OSError) as error:
        raise InputError(f"{path}, line {number}: not a row of a history: {error}") from None
    return history


def steps(points: list[Point]) -> list[Step]:
    """Find the steps in a cell's curve.

    A step is where the mean of one metric moved by more than the gate's default margin since the point before, and the
    two 95 % intervals do not overlap.
    """
    result = []
    for before, after in pairwise(points):
        margin = gate_margin(after.primary, before.mean)
        apart = after.low > before.high or after.high < before.low
        if before.primary == after.primary and abs(after.mean - before.mean) > margin and apart:
            result.append(Step(before, after))
    return result
