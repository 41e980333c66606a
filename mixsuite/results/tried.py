"""The list tried.csv of all comparisons ever made in a folder: who tries many variants finds some by chance."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.plugins.entry import parse_seeds, show_seeds
from mixsuite.results.files import rewriting, write_text

COLUMNS = ["variant", "reference", "matrix", "data_sets", "seeds", "confirmed", "tasks", "better", "worse"]
_BETWEEN = "; "
LEVEL = 0.05  # chance that a comparison is called better or worse if nothing differs, as stats.paired.LEVEL


@dataclass(frozen=True)
class Tried:
    """One comparison of a variant with a reference.

    data_sets: whose rows it looked at.
    confirmed: whether it repeated an earlier one, on fresh seeds and other data sets.
    tasks, better, worse: how many were judged, and how many got these verdicts.
    """

    variant: str
    reference: str
    matrix: str
    data_sets: tuple[str, ...]
    seeds: tuple[int, ...]
    confirmed: bool
    tasks: int
    better: int
    worse: int

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same comparison again."""
        return self.variant, self.reference, self.matrix, self.data_sets, self.seeds, self.confirmed

    def row(self) -> list[str]:
        """The cells of its line."""
        numbers = map(str, (self.tasks, self.better, self.worse))
        sets, seeds = _BETWEEN.join(self.data_sets), show_seeds(self.seeds)
        return [self.variant, self.reference, self.matrix, sets, seeds, str(self.confirmed).lower(), *numbers]


def read_tried(path: Path) -> list[Tried]:
    """Every comparison that a list names; none if there is no list.

    Raises:
        InputError: a line is no comparison; the message names it.
    """
    if not path.is_file():
        return []
    found, number = [], 1
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.reader(file, strict=True)
            if next(table, None) != COLUMNS:
                raise ValueError("another header")
            for row in table:
                number = table.line_num
                found.append(_parsed(row))
    except (OSError, ValueError, csv.Error, InputError) as error:
        raise InputError(f"{path}, line {number}: not a list of comparisons: {error}") from None
    return found


def _parsed(row: list[str]) -> Tried:
    variant, reference, matrix, sets, seeds, confirmed, *numbers = row
    tasks, better, worse = map(int, numbers)
    if confirmed not in ("true", "false") or min(tasks, better, worse) < 0:
        raise ValueError("a cell that no comparison has")
    names, repeats = tuple(sets.split(_BETWEEN)), confirmed == "true"
    return Tried(variant, reference, matrix, names, parse_seeds(seeds), repeats, tasks, better, worse)


def remember(path: Path, comparisons: Iterable[Tried]) -> list[Tried]:
    """Add comparisons to a list, and return all of it; one that is made again replaces the former.

    Raises:
        InputError: the list cannot be read or written.
    """
    with rewriting(path):
        by_key = {one.key: one for one in read_tried(path)} | {one.key: one for one in comparisons}
        buffer = io.StringIO()
        table = csv.writer(buffer, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(one.row() for one in by_key.values())
        write_text(path, buffer.getvalue())
    return list(by_key.values())


def before(tried: Iterable[Tried], variant: str, data_sets: tuple[str, ...]) -> list[Tried]:
    """The comparisons that come before the confirmation of a variant on some data sets, which may be called again."""
    return [one for one in tried if not (one.confirmed and (one.variant, one.data_sets) == (variant, data_sets))]


def fresh_seeds(tried: Iterable[Tried], count: int) -> tuple[int, ...]:
    """So many seeds that no comparison of a list has used."""
    first = 1 + max((max(one.seeds) for one in tried), default=-1)
    return tuple(range(first, first + count))


def need_fresh(tried: list[Tried], variant: str, data_sets: Iterable[str], seeds: Iterable[int]) -> None:
    """Refuse a confirmation that looks again at what was looked at.

    Raises:
        InputError: the variant was not compared before, or a data set or a seed was used.
    """
    if not any(one.variant == variant for one in tried):
        raise InputError(f"--confirm: {variant} was not compared before; compare it first, then confirm what was found")
    used_sets = {name for one in tried for name in one.data_sets}
    known = [name for name in data_sets if name in used_sets]
    if known:
        raise InputError(
            f"--confirm: comparisons were made on {', '.join(known)} before; give a matrix of other data sets, or "
            "leave these out by --datasets"
        )
    again = tuple(sorted(set(seeds) & {seed for one in tried for seed in one.seeds}))
    if again:
        raise InputError(f"--confirm: seeds {show_seeds(again)} were used before; leave out --seeds for fresh ones")


def chance(tried: Iterable[Tried], matrix: str, confirmed: bool) -> tuple[str, ...]:
    """Say how many variants were tried on a matrix, and how many better verdicts chance alone would give.

    Args:
        tried: all comparisons of a list.
        matrix: the one of the comparison that was made last.
        confirmed: whether that one was a confirmation.
    """
    if confirmed:
        return ("a confirmation: its seeds and its data sets were looked at for the first time",)
    on_it = [one for one in tried if one.matrix == matrix and not one.confirmed]
    variants, tasks = {one.variant for one in on_it}, sum(one.tasks for one in on_it)
    if len(variants) < 2:
        return ()
    return (
        f"{len(variants)} variants were compared on {matrix}, with {sum(one.better for one in on_it)} better in "
        f"{tasks} comparisons; were none of them better, about {tasks * LEVEL / 2:.2g} would be by chance: --confirm "
        "repeats one on fresh seeds and other data sets",
    )
