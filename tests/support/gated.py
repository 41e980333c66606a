"""A small matrix that the regression gate is tried on: 2 cells of 12 seeds, seconds of training; or its records made up."""

from importlib.metadata import version
from pathlib import Path

import numpy as np

from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.results.manifest import Manifest
from mixsuite.results.record import SCHEMA, Record
from mixsuite.results.record_files import RecordWriter

GATED = """
reference = "erm"
seeds = "0-11"
datasets = ["digits(rows=300, test=0.5)@short"]
methods = ["erm", "mixup"]
[recipes.short]
model = "conv(width=6)"
optimizer = "sgd"
lr = 0.3
schedule = "linear"
steps = 120
batch = 16
"""
STAGES = ("data", "split", "init", "order", "draws", "plan", "weights")


def write_gated(folder: Path) -> Path:
    """folder/gated.toml, and in folder/out the records of its runs as training leaves them, with made-up numbers."""
    (folder / "gated.toml").write_text(GATED)
    matrix, draws, out = load_matrix(str(folder / "gated.toml")), np.random.default_rng(0), folder / "out"
    runs = resolve(matrix).runs()
    manifest = Manifest(matrix=str(folder / "gated.toml"))
    manifest.add(runs)
    code = {"core": "c0de", "method": "", "dataset": "da7a", "domain": "d0", "libraries": {"torch": version("torch")}}
    with RecordWriter(out) as writer:
        for place, run in enumerate(runs):
            task, method = run.task, run.method.name
            error = round(0.12 - 0.01 * (method == "mixup") + 0.02 * draws.standard_normal(), 4)
            writer.append(
                "digits",
                Record(
                    schema=SCHEMA,
                    id=run.id,
                    names={
                        "domain": task.domain, "dataset": task.shown_dataset, "recipe": task.recipe_name,
                        "task": task.name, "method": method,
                    },
                    spec=run.canonical(),
                    status="ok",
                    reason="",
                    code={"hash": f"of {method}", **code, "method": f"of {method}"},
                    data="",
                    time=f"2026-01-01T00:00:{place:02d}.000000+00:00",
                    machine={
                        "device": "cpu", "system": "Linux", "processor": "x86_64", "python": "3.11.7", "threads": 1,
                        "cpu": "AVX2",
                    },
                    metrics={"error": error, "nll": 3 * error, "brier": 2 * error},
                    seconds=0.5 + 0.01 * place,
                    steps=120,
                    rows_per_step=16.0,
                    peak_memory=400_000_000 + place,
                    parameters=1000,
                    parts={"train": 300, "valid": 100, "test": 150},
                    split="drawn",
                    executor={"kind": "lockstep", "block": 6, "deterministic": False},
                    digests={s: f"{s} {run.seed if s != 'data' else ''}{method if s in ('plan', 'weights') else ''}" for s in STAGES},
                ),
            )  # fmt: skip
    manifest.save(out)
    return out
