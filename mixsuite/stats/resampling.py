"""Bootstrap of seeds and tasks, shared by all that is said of several tasks. The stream is an argument."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

RESAMPLES = 2_000
FEW_TASKS = 5  # with fewer, tasks are not resampled: an interval is about these tasks only


def fixed_stream() -> np.random.Generator:
    """The stream of every bootstrap, so that the same values give the same interval."""
    return np.random.Generator(np.random.Philox(key=0))


def seed_counts(n: int, draws: np.random.Generator) -> np.ndarray:
    """How often each of n seeds is drawn, [RESAMPLES, n]; counts @ values / n are the resampled means."""
    return draws.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)


def resampled_tasks(values: np.ndarray, draws: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield as many resampled tasks, [RESAMPLES, methods], as there are in values [tasks, RESAMPLES, methods].

    In each resample a yielded task is one of them at random. One that is drawn twice must not contribute the same seeds
    twice, so its resamples are shuffled.
    """
    for _ in values:
        yield values[draws.integers(0, len(values), RESAMPLES), draws.permutation(RESAMPLES)]
