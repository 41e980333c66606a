"""A results folder of four tasks: complete, failed, skipped and short cells."""

from mixsuite.experiment.spec import MethodSpec, RunSpec, Task
from mixsuite.plugins.entry import Call
from mixsuite.results.manifest import Manifest
from mixsuite.results.record import SCHEMA, Record
from mixsuite.results.record_files import RecordWriter

VALUES = {  # task -> method -> values by seed; None: failed, "skip": skipped, absent: never run
    "a": {"erm": [0.3, 0.2, 0.4], "mixup": [0.2, 0.2, 0.3], "twin": [0.2, 0.2, 0.3], "mixup(batch=2)": [0.1, 0.1, 0.1]},
    "b": {"erm": [0.5, 0.5, 0.5], "mixup": [0.4, None, 0.4], "twin": [0.4, 0.4, 0.6], "mixup(batch=2)": [0.1, 0.1, 0.1]},
    "c": {"erm": [0.1, 0.3, 0.2], "mixup": [0.3, 0.4, 0.5], "twin": [0.0, 0.0, 0.0], "cutmix": ["skip"] * 3, "mixup(batch=2)": [0.1, 0.1]},
    "r": {"erm": [50.0, 60.0, 55.0], "mixup": [49.0, 58.0, 55.0]},
}  # fmt: skip


def the_task(name):
    return Task(
        name, "images" if name == "c" else "tabular", Call(name), "r", (("lr", 0.1),), classification=name != "r"
    )


def the_method(name):
    return MethodSpec(name, Call(name.split("(")[0], (("tag", name),)), control="compute" if "batch" in name else "")


def a_record(run, value):
    task = run.task
    names = {"domain": task.domain, "dataset": task.name, "recipe": "r", "task": task.name, "method": run.method.name}
    status = "failed" if value is None else "skipped" if value == "skip" else "ok"
    return Record(
        SCHEMA, run.id, names, run.canonical(), status, "planted" if status != "ok" else "", {"hash": run.method.name, "core": "x"},
        "d", "now", metrics={task.primary.name: value, "nll": 1.0} if status == "ok" else {}, seconds=2.0,
        steps=10, rows_per_step=16.0 if task.name == "c" and "batch" not in run.method.name else 8.0,
    )  # fmt: skip


def write_board(out):
    manifest = Manifest("erm")
    with RecordWriter(out) as writer:
        for task, methods in VALUES.items():
            for method, values in methods.items():
                runs = [RunSpec(the_task(task), the_method(method), seed) for seed in range(3)]
                manifest.add(runs)
                for run, value in zip(runs, values, strict=False):
                    writer.append(task, a_record(run, value))
    manifest.save(out)
    return out
