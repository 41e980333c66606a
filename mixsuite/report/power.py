"""How many seeds it takes to find a difference, from the paired variance in the records."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.results.reading import Results
from mixsuite.stats.paired import mean, sample_std, seeds_for
from mixsuite.stats.verdicts import pair

COLUMNS = ["task", "effect", "methods", "sd", "seeds", "sd_largest", "seeds_largest", "largest_method"]


def seeds_needed(results: Results, effect: float) -> pd.DataFrame:
    """Compute the seeds by which a true mean difference is found with 80 % power, one row per task.

    Args:
        results: what the folder shows.
        effect: the difference in error; for other metrics a share of the reference's distance from the optimum.

    Returns:
        A table with the effect in the primary metric's units and the number of methods compared. It gives the standard
        deviation of paired differences, as the median over methods, and the seeds that this deviation needs; then the
        same for the method with the largest deviation. These are empty if fewer than two seeds are paired.
    """
    return pd.DataFrame([_of_task(results, t, effect) for t in results.manifest.tasks.values()], columns=COLUMNS)


def _of_task(results: Results, task: Task, effect: float) -> dict[str, object]:
    manifest = results.manifest
    base = results.cell(task, manifest.reference).values
    difference = effect * task.primary.unit(mean(base.values()))
    sds = {}
    for method in manifest.methods:
        d = pair(results.cell(task, method).values, base)
        if method != manifest.reference and len(d) > 1:
            sds[method] = sample_std(d)
    row: dict[str, object] = {"task": task.name, "effect": difference, "methods": len(sds)}
    if not sds:
        return row | {"sd": nan}
    middle, (method, largest) = float(np.median(list(sds.values()))), max(sds.items(), key=lambda item: item[1])
    return row | {
        "sd": middle,
        "seeds": seeds_for(middle, difference, len(sds)),
        "sd_largest": largest,
        "seeds_largest": seeds_for(largest, difference, len(sds)),
        "largest_method": method,
    }
