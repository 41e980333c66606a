"""The Python interface: everything that the command line can do, as functions that return result objects.

Each function has the options of the command of its name. Heavy libraries are imported where they are used, so code that
only reads results never loads torch.
"""

from mixsuite.api.calls import Names, Seeds, need_results
from mixsuite.api.claims import claims
from mixsuite.api.comparing import compare
from mixsuite.api.regression import BASELINE, HISTORY, regress, train_anew
from mixsuite.api.runs import DryRun, dry_run, leaderboard, run
from mixsuite.api.tuning import lengths, tune

__all__ = [
    "BASELINE",
    "HISTORY",
    "DryRun",
    "Names",
    "Seeds",
    "claims",
    "compare",
    "dry_run",
    "leaderboard",
    "lengths",
    "need_results",
    "regress",
    "run",
    "train_anew",
    "tune",
]
