"""Results folders made of records, without training."""

from pathlib import Path
from typing import Any

import numpy as np

from mixsuite.experiment.spec import MethodSpec, RunSpec, Task, stretched_name
from mixsuite.plugins.entry import Call
from mixsuite.results.manifest import Manifest
from mixsuite.results.record import SCHEMA, Record
from mixsuite.results.record_files import RecordWriter

DRAWS = np.random.default_rng(3)
BASE = 0.3 + 0.05 * DRAWS.standard_normal(10)
NOISE = 0.01 * DRAWS.standard_normal((4, 10))
CONTROLS = ("mixup(length=2)", "mixup(batch=5)")


def the_task(name: str, classification: bool = True) -> Task:
    dataset, _, length = name.partition("@r×")  # "t" stretched: "t@r×2"
    recipe = stretched_name("r", int(length or 1))
    return Task(
        name,
        "tabular",
        Call(dataset),
        recipe,
        (("lr", 0.1), ("steps", 100 * int(length or 1))),
        classification=classification,
    )


def record(run: RunSpec, value: float | None, **changes: Any) -> Record:
    """An ok record of a value; a failed one of None."""
    task, method = run.task, run.method
    names = {"domain": task.domain, "dataset": task.name, "recipe": "r", "task": task.name, "method": method.name}
    given = {
        "schema": SCHEMA, "id": run.id, "names": names, "spec": run.canonical(), "status": "ok" if value is not None else "failed",
        "reason": "" if value is not None else "Diverged: planted\n\nTraceback", "code": {"hash": method.name, "core": "x", "method": method.name},
        "data": "", "time": "now", "metrics": {task.primary.name: value} if value is not None else {}, "seconds": 1.0, "steps": 100,
        "rows_per_step": 8.0, "parts": {"train": 70, "valid": 0, "test": 30}, "split": "drawn",
    }  # fmt: skip
    return Record(**{**given, **changes})


def write_folder(
    out: Path,
    values: dict[str, dict[str, Any]],
    changes: dict[tuple[Any, ...], dict[str, Any]] | None = None,
    margin: float | None = None,
    reference: str = "erm",
    regression: tuple[str, ...] = (),
) -> Path:
    """A results folder of {task: {method: values by seed}}; "absent": no record.

    changes: (task, method) or (task, method, seed) -> other values of the records' fields.
    """
    manifest, given = Manifest(reference, margin), changes or {}
    with RecordWriter(out) as writer:
        for name, methods in values.items():
            for method, row in methods.items():
                spec = MethodSpec(method, Call(method), control="compute" if method in CONTROLS else "")
                runs = [RunSpec(the_task(name, name not in regression), spec, seed) for seed in range(len(row))]
                manifest.add(runs)
                for run, value in zip(runs, row, strict=True):
                    if not isinstance(value, str):
                        extra = given.get((name, method), {}) | given.get((name, method, run.seed), {})
                        writer.append(name, record(run, value, **extra))
    manifest.save(out)
    return out
