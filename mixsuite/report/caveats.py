"""Caveats: sentences that a reader of the tables must know."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.plugins.entry import show_seeds
from mixsuite.report.convergence import not_stretched
from mixsuite.report.equal_compute import costlier_methods
from mixsuite.report.pairs import differences
from mixsuite.report.task import is_mixed
from mixsuite.results.reading import Results
from mixsuite.stats.convergence import MOVED, NO, OVERTRAINED
from mixsuite.stats.paired import LEVEL, needed_seeds, skewness
from mixsuite.stats.verdicts import BETTER, WORSE

SKEWED = 1.0  # skewness beyond which differences are called strongly skewed
_TEMPERATURE_FROM = 200  # validation rows, as in evaluation.scores
_LISTED = 20  # number of failures that are listed one by one


def notes(results: Results, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Write the caveats of a results folder, one sentence each.

    They name records of other cells, missing references, mixed code, failed and skipped runs, and methods or tasks that
    have no control or no interval.

    Args:
        results: what the folder shows.
        tables: task -> its table.
    """
    tasks = list(results.manifest.tasks.values())
    return [
        *_folder(results),
        *_conflicts(results),
        *_unsealed(results),
        *_false_alarms(results, tables),
        *_seeds(results),
        *_barely(tables),
        *_skewed(results, tables),
        *_moved(tables),
        *_reference(results, tasks),
        *_mixed(results, tasks),
        *_executors(results, tasks),
        *_no_control(results, tasks),
        *_unranked(results, tasks),
        *_no_new_rows(results, tables),
        *_temperature(results, tasks),
        *_other_rows(tables),
        *_failed(results),
        *_skipped(results),
        *_probes(results),
    ]


def _folder(results: Results) -> list[str]:
    if not results.others:
        return []
    return [f"{results.others} records of other cells or of former values are in the folder and not shown"]


def _conflicts(results: Results) -> list[str]:
    if not results.conflicts:
        return []
    (task, method, seed), more = results.conflicts[0], len(results.conflicts) - 1
    first = f"{task}, {method}, seed {seed}" + (f", and {more} more" if more else "")
    return [
        "two results of the same code, data and machine, or of the same place in folders that were put together, "
        f"disagree ({first}): the newer one is shown; a run is no function of its spec, or one was edited"
    ]


def _unsealed(results: Results) -> list[str]:
    count = sum(not run.sealed for cell in results.cells.values() for run in cell.values())
    if not count:
        return []
    return [f"{count} runs bear no checksum (an earlier version wrote them): whether one was edited cannot be told"]


def _seeds(results: Results) -> list[str]:
    """Say how seeds were added, where their number was not fixed beforehand."""
    looks, found = results.manifest.looks, []
    if looks:
        found.append(
            f"seeds were added until decided, with looks at {', '.join(map(str, looks.seeds))} seeds: differences of "
            "cells that stopped early are biased outwards, their repeated intervals are not; ranks and ratios are over "
            "the seeds that all of a task's methods have"
        )
    if results.manifest.raised:
        found.append(
            "seeds were added by hand to cells whose verdicts could be seen: verdicts and intervals do not allow for "
            "that (--until decided does)"
        )
    return found


def _false_alarms(results: Results, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Count the verdicts, and the tables in which a false one would be expected if all methods were alike."""
    judged = []
    for table in tables.values():
        words = table.loc[table["diff"].notna(), "verdict"].tolist()
        if any("needs" not in word for word in words):
            judged.append(words)
    if not judged:
        return []
    total = sum(word in (BETTER, WORSE) for words in judged for word in words)
    how = "Bonferroni within a table, over all looks" if results.manifest.looks else "Holm within a table"
    return [
        f"{total} better or worse in {_count(len(judged), 'table')}; were all methods alike, any at all would be "
        f"expected in {LEVEL * len(judged):.2g} tables at most (sign-flip test, which takes differences to be "
        f"symmetric about 0 if nothing differs; {how})"
    ]


def _barely(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Name the tables whose seeds are only just enough for their number of methods."""
    names = []
    for name, table in tables.items():
        tested, pairs = int(table["p"].notna().sum()), table["pairs"].max()
        if tested > 1 and pairs == needed_seeds(tested) and 4 * tested / 2**pairs >= LEVEL:
            names.append(name)
    if not names:
        return []
    return [
        "so many methods on so few seeds that a difference is found only where every seed shows it (more seeds, or "
        f"fewer methods, find more): {', '.join(names)}"
    ]


def _skewed(results: Results, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Name the better and worse whose differences are strongly skewed: the test takes them to be symmetric."""
    manifest, cells = results.manifest, []
    for name, table in tables.items():
        task, base = manifest.tasks[name], results.cell(manifest.tasks[name], manifest.reference)
        cells += [
            f"{method} on {name}"
            for method in table.loc[table["verdict"].isin([BETTER, WORSE]), "method"]
            if abs(skewness(differences(results.cell(task, method), base))) > SKEWED
        ]
    if not cells:
        return []
    return [
        "the differences from the reference are strongly skewed, so these verdicts are less sure than their p: "
        + ", ".join(cells)
    ]


def _moved(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Name the verdicts whose comparisons are shown not to have converged."""
    words = {NO: "still moving", OVERTRAINED: "overtrained"}
    cells = [
        f"{row['method']} on {name} ({row['verdict']}, {words[row['converged']]})"
        for name, table in tables.items()
        for row in table.to_dict("records")
        if row["converged"] in MOVED
    ]
    if not cells:
        return []
    return [f"these comparisons have not converged, so their verdicts are about unended training: {', '.join(cells)}"]


def _temperature(results: Results, tasks: list[Task]) -> list[str]:
    names = []
    for task in tasks:
        runs = [o for m in results.manifest.methods for o in results.cell(task, m).ok.values()]
        valid = max((o.valid_rows for o in runs), default=0)
        if task.classification and 0 < valid < _TEMPERATURE_FROM and not any("nll_scaled" in o.metrics for o in runs):
            names.append(task.name)
    if not names:
        return []
    return [f"no temperature is fitted on fewer than {_TEMPERATURE_FROM} validation rows: {', '.join(names)}"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _reference(results: Results, tasks: list[Task]) -> list[str]:
    manifest, sentences = results.manifest, []
    for task in tasks:
        status = results.cell(task, manifest.reference).status
        if (task.name, manifest.reference) not in manifest.cells:
            sentences.append(
                f"{task.name}: the reference {manifest.reference} is not in this table, so there are no verdicts"
            )
        elif status != "ok":
            sentences.append(f"{task.name}: the reference {manifest.reference} is {status}, so there are no verdicts")
    return sentences


def _mixed(results: Results, tasks: list[Task]) -> list[str]:
    sentences = []
    for task in tasks:
        cells = [results.cell(task, m) for m in results.manifest.methods if (task.name, m) in results.cells]
        common = {o.common for cell in cells for o in cell.outcomes.values()}
        if len(common) > 1 or any(is_mixed(cell) for cell in cells):
            sentences.append(f"{task.name}: this table mixes results of different code")
    return sentences


def _executors(results: Results, tasks: list[Task]) -> list[str]:
    """Name the methods whose seconds cannot be compared with the reference's."""
    other: dict[str, list[str]] = {}
    for task in tasks:
        base = {o.executor for o in results.cell(task, results.manifest.reference).ok.values()}
        for method in results.manifest.methods:
            own = {o.executor for o in results.cell(task, method).ok.values()}
            if own and base and own != base:
                text = f"{method} ({'/'.join(sorted(own))}, not {'/'.join(sorted(base))})"
                other.setdefault(text, []).append(task.name)
    caveat = "seconds are not to be compared with the reference's: another executor trained"
    return [f"{caveat} {method}: {', '.join(names)}" for method, names in other.items()]


def _no_control(results: Results, tasks: list[Task]) -> list[str]:
    methods = results.manifest.methods
    bare = Counter(
        method
        for task in tasks
        for method, controls in costlier_methods(results, task).items()
        if not any(methods[c].control == "compute" for c in controls)
    )
    return [
        f"{method} costs more than the reference, and in {_count(count, 'table')} no control that trains on more rows "
        "costs as much"
        for method, count in bare.items()
    ]


def _unranked(results: Results, tasks: list[Task]) -> list[str]:
    """Name the tasks that lack a method which is to be ranked, and say if the methods were named late."""
    manifest, found = results.manifest, []
    if not manifest.ranked:
        return []
    compared = [task for task in not_stretched(tasks) if task.classification]
    lacking = [t.name for t in compared if any(results.cell(t, m).status != "ok" for m in manifest.ranked)]
    if lacking:
        found.append(
            f"not in the ranking, since not all of {', '.join(manifest.ranked)} are complete: {', '.join(lacking)}"
        )
    if manifest.ranked_late:
        found.append("the methods that are ranked were named after runs were there")
    return found


def _no_new_rows(results: Results, tables: dict[str, pd.DataFrame]) -> list[str]:
    official = "the test part is official and the losses of its rows are not kept"
    large, unknown = "the test part is larger than the training part", "the records do not say how the split was made"
    tasks_by_reason: dict[str, list[str]] = {official: [], large: [], unknown: []}
    for name, table in tables.items():
        task = results.manifest.tasks[name]
        outcomes = [o for m in results.manifest.methods for o in results.cell(task, m).ok.values()]
        if table["diff_low_new"].notna().any():
            continue
        if any(o.split == "official" for o in outcomes):
            tasks_by_reason[official].append(name)
        elif any(o.test_train_ratio is not None and o.test_train_ratio > 1 for o in outcomes):
            tasks_by_reason[large].append(name)
        elif any(o.split == "" for o in outcomes):
            tasks_by_reason[unknown].append(name)
    return [
        f"no interval for new rows, since {why}: {', '.join(names)}" for why, names in tasks_by_reason.items() if names
    ]


def _failed(results: Results) -> list[str]:
    """Say why runs failed, in one line for runs of a cell with the same reason."""
    cells: dict[tuple[str, str, str], list[int]] = {}
    for (task, method), cell in results.cells.items():
        for seed, outcome in cell.items():
            if outcome.status == "failed":
                cells.setdefault((task, method, outcome.reason), []).append(seed)
    failed = [
        f"failed: {task} {method} {'seed' if len(seeds) == 1 else 'seeds'} {show_seeds(tuple(seeds))}: {reason}"
        for (task, method, reason), seeds in cells.items()
    ]
    more = [f"failed: {len(failed) - _LISTED} more"] if len(failed) > _LISTED else []
    return failed[:_LISTED] + more


def _other_rows(tables: dict[str, pd.DataFrame]) -> list[str]:
    return [
        f"{task}: {row['method']} saw other data or rows than the reference under the same seeds: no pairs, no verdict"
        for task, table in tables.items()
        for row in table.to_dict("records")
        if "other data or rows" in str(row["marks"])
    ]


def _skipped(results: Results) -> list[str]:
    tasks: dict[tuple[str, str], list[str]] = {}
    for (task, method), cell in results.cells.items():
        for reason in dict.fromkeys(o.reason for o in cell.values() if o.status == "skipped"):
            tasks.setdefault((method, reason), []).append(task)
    return [f"skipped: {method} ({reason}): {', '.join(names)}" for (method, reason), names in tasks.items()]


def _probes(results: Results) -> list[str]:
    failed = Counter(
        f"{probe} could not be measured on {task}: {reason}"
        for (task, _), cell in results.cells.items()
        for outcome in cell.values()
        for probe, reason in outcome.probes.items()
    )
    return [f"{text} ({count} runs)" for text, count in failed.items()]
