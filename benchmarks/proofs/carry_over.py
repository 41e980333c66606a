"""Carry committed records over, once, to the code identity by meaning: nothing that a run computes has changed.

    python benchmarks/proofs/carry_over.py FOLDER --matrix NAME [--study] [--sample FOLDER]

FOLDER is a results folder whose records bear the code identity of the first edition (bytes of listed files). The sample
holds runs of the same cells, trained by the present code. Each must have the record's data, split, initial weights,
order, draws and plans; on the same kind of processor its weights and metrics must be equal to the bit. Without a sample
nothing is proved, and the script says so. Records of cells that the matrix no longer has are dropped. The files are
rewritten and compressed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from mixsuite.claims.study import load_study
from mixsuite.execution.planning import CallPlan, Options, plan_call
from mixsuite.experiment.matrix import load_matrix
from mixsuite.results.data_root import data_root
from mixsuite.results.manifest import load_manifest, task_stems
from mixsuite.results.record import Record
from mixsuite.results.record_files import compress_records, read_records, record_files

STAGES = ("data", "split", "init", "order", "draws", "plan")


def disagreements(old: Record, new: Record) -> list[str]:
    """List what differs between a retrained run and its record."""
    names = [] if old.status == new.status else [f"status {old.status} -> {new.status}"]
    if old.status != "ok" or new.status != "ok":
        return names
    stages = STAGES
    if old.machine.get("cpu") == new.machine.get("cpu") and old.executor == new.executor:
        stages = (*STAGES, "weights")
        names += [name for name, value in old.metrics.items() if new.metrics.get(name, value) != value]
    return names + [stage for stage in stages if old.digests.get(stage) != new.digests.get(stage)]


def prove(plan: CallPlan, sample: Path) -> int:
    """Compare the sample with the records; return the number of runs compared.

    Raises:
        SystemExit: a run disagrees with its record.
    """
    trained = read_records(sample)
    shared = [run for run in plan.runs if run.id in trained and run.id in plan.records]
    for run in shared:
        names = disagreements(plan.records[run.id], trained[run.id])
        if names:
            sys.exit(f"{run.task.name} {run.method.name} seed {run.seed}: differs in {', '.join(names)}")
    cells = {(run.task.name, run.method.name) for run in shared}
    print(f"{len(shared)} runs of {len(cells)} cells retrained: each has the record's {', '.join(STAGES)}")
    return len(shared)


def carry(plan: CallPlan) -> int:
    """Give the records of the plan's runs the identity of the present code; return the number carried over."""
    out = plan.options.out
    names = task_stems(load_manifest(out))
    lines: dict[str, list[str]] = {}
    for run in plan.runs:
        record = plan.records.get(run.id)
        if record is None:
            continue
        code = plan.code[run.task.name, run.method.name].parts
        probes = {name: value | {"code": plan.probes.get(name, value["code"])} for name, value in record.probes.items()}
        names_now = record.names | {"task": run.task.name, "method": run.method.name}
        carried = replace(record, code=code, data=plan.data[run.task.name], probes=probes, names=names_now)
        lines.setdefault(names[run.task.name], []).append(carried.line())
    for path in record_files(out):
        path.unlink()
    for name, records in lines.items():
        (out / "records" / f"{name}.jsonl").write_text("".join(records), encoding="utf-8")
    compress_records(out)
    return sum(map(len, lines.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--matrix", required=True, help="a matrix, or with --study a study's name")
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--sample", type=Path)
    asked = parser.parse_args()
    matrix = load_study(asked.matrix).matrix("quick") if asked.study else load_matrix(asked.matrix)
    shown = load_manifest(asked.folder).tasks
    datasets = [text for text in matrix.datasets if _name(matrix, text) in shown]
    plan = plan_call(matrix.model_copy(update={"datasets": tuple(datasets)}), Options(asked.folder, data_root(None)))
    if asked.sample:
        prove(plan, asked.sample)
    else:
        print("no sample: nothing is proved here")
    dropped = json.dumps(sorted(set(shown) - {task.name for task in plan.experiment.tasks}))
    print(f"{asked.folder}: {carry(plan)} of {len(plan.records)} records carried over; tasks dropped: {dropped}")


def _name(matrix, text):
    from mixsuite.experiment.resolve import resolve_task

    return resolve_task(text, matrix).name


if __name__ == "__main__":
    main()
