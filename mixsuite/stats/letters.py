"""Which methods differ, in letters: two methods share a letter if and only if their pair is not significant."""

from __future__ import annotations

from itertools import combinations
from string import ascii_lowercase

import numpy as np


def letters(significant: np.ndarray) -> list[str]:
    """The compact letter display of m methods, "a" with the first one (Piepho 2004: insert and absorb).

    Letters after "z" have a number: "a1", "b1", ...

    Args:
        significant: [m, m] bool, symmetric, False on the diagonal; methods in the order in which letters are to begin.
    """
    m = len(significant)
    groups = {frozenset(range(m))}
    for pair in combinations(range(m), 2):
        if significant[pair]:
            both = {group for group in groups if group.issuperset(pair)}
            split = {group - {one} for group in both for one in pair}
            groups = _absorbed((groups - both) | split)
    ordered = sorted(map(sorted, groups))
    return ["".join(_letter(place) for place, group in enumerate(ordered) if i in group) for i in range(m)]


def _absorbed(groups: set[frozenset[int]]) -> set[frozenset[int]]:
    """Groups that lie within no other one."""
    return {group for group in groups if not any(group < other for other in groups)}


def _letter(place: int) -> str:
    return ascii_lowercase[place % 26] + (str(place // 26) if place >= 26 else "")
