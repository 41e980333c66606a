"""Margins: the differences that count as equal."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mixsuite.stats.primary import Primary


@dataclass(frozen=True)
class Margin:
    """The largest difference that counts as equal.

    size:  a number of at least 0 and below 1.
    of_distance: whether it is a share of the reference's distance from the metric's optimum (of an error and an RMSE
           the value itself, of an AUC 1 - AUC); otherwise it is in the metric's ``unit``.
    """

    size: float = 0.05
    of_distance: bool = True

    @classmethod
    def parse(cls, given: float | str | None) -> Margin:
        """The margin that a matrix gives: a number, or a text as "5%"; None: the default.

        Raises:
            ValueError: it is neither, or out of range.
        """
        if given is None:
            return cls()
        share = re.fullmatch(r"(\d{1,3}(?:\.\d{1,12})?) ?%", given) if isinstance(given, str) else None
        number = float(share[1]) / 100 if share else given
        if isinstance(number, bool | str) or not 0 <= number < 1:
            raise ValueError(f'{given!r}: allowed is a number from 0 to below 1, or a share as "5%"')
        return cls(float(number), share is not None)

    def of(self, primary: Primary, reference: float, test_rows: int = 0) -> float:
        """The margin in the metric's units.

        A share of the distance is never less than one test row: a smaller difference of one run cannot be seen.

        Args:
            primary: the metric.
            reference: the reference's mean.
            test_rows: the fewest test rows of a run; 0: not known.
        """
        if not self.of_distance:
            return primary.unit(reference) * self.size
        row = 1 / test_rows if test_rows and primary.is_share else 0.0
        return max(primary.distance(reference) * self.size, row)
