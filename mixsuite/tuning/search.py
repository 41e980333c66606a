"""One search: the candidate settings of one method on one task for one seed, and the best of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from mixsuite.experiment.spec import RunSpec
from mixsuite.plugins.space import Choice, Linear, Log, Range, Whole
from mixsuite.tuning.space import Values, defaults, setting

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

BATCH = 4  # candidates that are proposed before any of them is scored
STARTUP = 8  # candidates that TPE draws at random, before it learns
GRID = 3  # points of a continuous range in a grid
_DIGITS = 3  # significant digits of a proposed number


@dataclass
class Candidate:
    """One setting of a search.

    number: its place in the search; 0 is the setting that the matrix writes.
    values: parameter -> value.
    run:    the run with this setting.
    score:  mean primary metric over the inner splits; None until it is told, or if an inner run failed.
    rows:   rows that entered the last stage in all its trainings.
    """

    number: int
    values: Values
    run: RunSpec
    score: float | None = None
    rows: float = 0.0
    trial: Trial | None = field(default=None, repr=False)


class Search:
    """The search of one (task, method, seed): a function of the run, the space and the sampler.

    Candidates are proposed in batches of a fixed size and told in their order, so that neither the number of workers
    nor the order in which runs end makes a difference.

    run:   the run as the matrix writes it.
    space: parameter -> range.
    sign:  1 if a lower score is better, else -1.
    """

    def __init__(self, run: RunSpec, space: dict[str, Range], sampler: str) -> None:
        self.run, self.space, self.sampler = run, space, sampler
        self.sign = run.task.primary.sign
        self.candidates = [Candidate(0, defaults(run, space), run)]
        self._study = _study(space, sampler, int(run.id, 16) % 2**32)
        points = [len(values.points(GRID)) for values in space.values()]
        self._left = _product(points) if sampler == "grid" else None

    @property
    def default(self) -> Candidate:
        """The setting that the matrix writes."""
        return self.candidates[0]

    @property
    def rows(self) -> float:
        """Rows spent so far."""
        return sum(candidate.rows for candidate in self.candidates)

    @property
    def best(self) -> Candidate:
        """The candidate of the best score, the first of equal ones; the default if none has a score."""
        scored = [c for c in self.candidates if c.score is not None]
        return min(scored, key=lambda c: (self.sign * _known(c.score), c.number), default=self.default)

    def ask(self, budget: float) -> list[Candidate]:
        """Propose the next candidates, at most a batch: as many as the budget of rows has room for.

        A candidate is taken to cost as much as the costliest so far.
        """
        cost = max(candidate.rows for candidate in self.candidates)
        room = int((budget - self.rows) / cost + 1e-9) if cost > 0 else 0
        if self._left is not None:
            room = min(room, self._left)
            self._left -= min(room, BATCH)
        return [self._propose() for _ in range(min(room, BATCH))]

    def _propose(self) -> Candidate:
        trial = self._study.ask(_distributions(self.space, self.sampler))
        values = {key: _value(self.space[key], self.sampler, trial.params[key]) for key in self.space}
        candidate = Candidate(len(self.candidates), values, setting(self.run, values), trial=trial)
        self.candidates.append(candidate)
        return candidate

    def tell(self, candidate: Candidate, score: float | None, rows: float) -> None:
        """Take a candidate's score (None: an inner run failed) and what it cost."""
        candidate.score, candidate.rows = score if score is not None and isfinite(score) else None, rows
        if self.sampler != "tpe":
            return
        with _quiet():
            if candidate.trial is not None:
                _tell(self._study, candidate.trial, None if candidate.score is None else self.sign * candidate.score)
            elif candidate.score is not None:
                _tell_default(self._study, self.space, candidate.values, self.sign * candidate.score)


def _known(score: float | None) -> float:
    assert score is not None
    return score


def _product(counts: list[int]) -> int:
    total = 1
    for count in counts:
        total *= count
    return total


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells every study and trial on standard error."""
    logger = logging.getLogger("optuna")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _study(space: dict[str, Range], sampler: str, seed: int) -> Study:
    import optuna

    samplers: dict[str, Any] = {
        "tpe": lambda: optuna.samplers.TPESampler(n_startup_trials=STARTUP, constant_liar=True, seed=seed),
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "grid": lambda: optuna.samplers.GridSampler(
            {key: list(range(len(values.points(GRID)))) for key, values in space.items()}, seed=seed
        ),
    }
    with _quiet():
        made: BaseSampler = samplers[sampler]()
        return optuna.create_study(sampler=made)


def _distributions(space: dict[str, Range], sampler: str) -> dict[str, BaseDistribution]:
    from optuna.distributions import CategoricalDistribution

    if sampler == "grid":
        return {key: CategoricalDistribution(range(len(values.points(GRID)))) for key, values in space.items()}
    return {key: _distribution(values) for key, values in space.items()}


def _distribution(values: Range) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(values, Choice):
        return CategoricalDistribution(range(len(values.values)))
    if isinstance(values, Whole):
        return IntDistribution(int(values.low), int(values.high))
    return FloatDistribution(values.low, values.high, log=isinstance(values, Log))


def _value(values: Range, sampler: str, drawn: Any) -> Any:
    """The value that a sampler's draw stands for; numbers are rounded, and stay in their range."""
    points = values.points(GRID) if sampler == "grid" else values.values if isinstance(values, Choice) else None
    value = drawn if points is None else points[drawn]
    if isinstance(values, Linear | Log):
        return min(max(float(f"{value:.{_DIGITS}g}"), values.low), values.high)
    return value


def _tell(study: Study, trial: Trial, score: float | None) -> None:
    from optuna.trial import TrialState

    if score is None:
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, score)


def _tell_default(study: Study, space: dict[str, Range], values: Values, score: float) -> None:
    """Let the sampler learn of the default too, at the nearest values of the space; not if a choice lacks its own."""
    import optuna

    params: dict[str, Any] = {}
    for key, allowed in space.items():
        if isinstance(allowed, Choice):
            if values[key] not in allowed.values:
                return
            params[key] = allowed.values.index(values[key])
        else:
            params[key] = min(max(values[key], allowed.low), allowed.high)
    study.add_trial(optuna.trial.create_trial(params=params, distributions=_distributions(space, "tpe"), value=score))
