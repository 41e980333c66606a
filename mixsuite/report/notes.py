"""What a reader of the tables must know, in sentences."""

from __future__ import annotations

from collections import Counter

from mixsuite.report.compute import costly
from mixsuite.report.results import Results
from mixsuite.report.stats import LEVEL
from mixsuite.report.task import is_mixed
from mixsuite.report.verdicts import BETTER, WORSE
from mixsuite.spec import Task

_LISTED = 20  # failures that are listed one by one


def notes(results: Results, verdicts: dict[str, list[str]]) -> list[str]:
    """Other records, missing references, mixed code, failures, what has no control or no interval.

    Args:
        verdicts: task -> the words of its table.
    """
    tasks = list(results.shown.tasks.values())
    return [
        *_folder(results),
        *_false_alarms(verdicts),
        *(_reference(results, task) for task in tasks if _reference(results, task)),
        *_mixed(results, tasks),
        *_no_control(results, tasks),
        *_no_new_rows(results, tasks),
        *_failed(results),
        *_skipped(results),
        *_probes(results),
    ]


def _folder(results: Results) -> list[str]:
    if not results.others:
        return []
    return [f"{results.others} records of other cells or of former values are in the folder and not shown"]


def _false_alarms(verdicts: dict[str, list[str]]) -> list[str]:
    tested = [words for words in verdicts.values() if any(w in (BETTER, WORSE, "tie", "undecided") for w in words)]
    if not tested:
        return []
    found = sum(word in (BETTER, WORSE) for words in tested for word in words)
    return [
        f"{found} better or worse in {len(tested)} tables; were all methods alike, any at all would be expected in "
        f"{LEVEL * len(tested):.2g} tables at most (sign-flip test, Holm within a table)"
    ]


def _reference(results: Results, task: Task) -> str:
    shown = results.shown
    if (task.name, shown.reference) not in shown.cells:
        return f"{task.name}: the reference {shown.reference} is not in this table, so there are no verdicts"
    status = results.cell(task, shown.reference).status
    if status == "ok":
        return ""
    return f"{task.name}: the reference {shown.reference} is {status}, so there are no verdicts"


def _mixed(results: Results, tasks: list[Task]) -> list[str]:
    said = []
    for task in tasks:
        cells = [results.cell(task, m) for m in results.shown.methods if (task.name, m) in results.cells]
        common = {o.common for cell in cells for o in cell.outcomes.values()}
        if len(common) > 1 or any(is_mixed(cell) for cell in cells):
            said.append(f"{task.name}: this table mixes results of different code")
    return said


def _no_control(results: Results, tasks: list[Task]) -> list[str]:
    """Only where a folder has controls at all: without any, nothing was meant to be shown at equal compute."""
    bare = Counter(m for task in tasks for m, controls in costly(results, task).items() if not controls)
    return [
        f"{method} costs more than the reference, and in {count} tables no control costs as much"
        for method, count in bare.items()
    ]


def _no_new_rows(results: Results, tasks: list[Task]) -> list[str]:
    said: dict[str, list[str]] = {"the test part is official": [], "the test part is larger than the training part": []}
    for task in tasks:
        outcomes = [o for m in results.shown.methods for o in results.cell(task, m).ok.values()]
        if any(o.split == "official" for o in outcomes):
            said["the test part is official"].append(task.name)
        elif any(o.fresh is not None and o.fresh > 1 for o in outcomes):
            said["the test part is larger than the training part"].append(task.name)
    return [f"no interval for new rows, since {why}: {', '.join(names)}" for why, names in said.items() if names]


def _failed(results: Results) -> list[str]:
    failed = [
        f"failed: {task} {method} seed {seed}: {outcome.reason}"
        for (task, method), cell in results.cells.items()
        for seed, outcome in cell.items()
        if outcome.status == "failed"
    ]
    more = [f"failed: {len(failed) - _LISTED} more"] if len(failed) > _LISTED else []
    return failed[:_LISTED] + more


def _skipped(results: Results) -> list[str]:
    tasks: dict[tuple[str, str], list[str]] = {}
    for (task, method), cell in results.cells.items():
        for reason in dict.fromkeys(o.reason for o in cell.values() if o.status == "skipped"):
            tasks.setdefault((method, reason), []).append(task)
    return [f"skipped: {method} ({reason}): {', '.join(names)}" for (method, reason), names in tasks.items()]


def _probes(results: Results) -> list[str]:
    failed = Counter(
        f"probe {probe} failed on {task}: {reason}"
        for (task, _), cell in results.cells.items()
        for outcome in cell.values()
        for probe, reason in outcome.probes.items()
    )
    return [f"{text} ({count} runs)" for text, count in failed.items()]
