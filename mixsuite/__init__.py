"""mixsuite: is a mixup-style method better than mixup, where, by how much, and at what cost?

How a matrix becomes a leaderboard, in reading order:

    matrix.py    a TOML file -> tasks, methods, seeds
    spec.py      RunSpec: one run, frozen, with its id          plugins.py  names -> methods, datasets
    resolve.py   names -> cells with every value                shown.py    the cells a folder shows
    work.py      which runs are still to do
    runner.py    the whole order -> pool.py -> worker.py (order.py), and a record for every outcome
    domains/     a dataset as tensors and a staged model        mixing/     what a step mixes
    training/    batches -> trained weights: loop.py one run,   rng.py      keyed random streams
                 lockstep.py seeds as one (domains/stack.py)
    metrics.py   outputs -> numbers                             records.py  one JSON line per run
    robustness/  a trained model under attacks and corruptions
    report/      records -> leaderboards: results.py, stats.py, verdicts.py, task.py, overall.py, compute.py, text.py
    tracking/    records against an accepted baseline: baseline.py, gate.py, regress.py, speed.py, history.py, trend.py
    claims/      studies: study.py, run.py, verdict.py, published.py, plot.py
    cli.py       the command line             listing.py, testing.py, starts.py, compare.py: for authors
"""

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "run"]


def __getattr__(name: str) -> Any:  # `import mixsuite` stays light: torch is loaded on first use
    if name == "run":
        from mixsuite.runner import run

        return run
    raise AttributeError(f"module 'mixsuite' has no attribute '{name}'")
