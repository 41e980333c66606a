"""Did anything change since the accepted baseline, where did it begin, and is it real?"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field, replace
from math import nan
from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.experiment.spec import Task
from mixsuite.plugins.entry import show_seeds
from mixsuite.regression.baseline import COSTS, STAGES, Baseline, BaselineRun, Cells, Key, load_baseline, read_cells
from mixsuite.regression.gate import BETTER, EQUAL, UNDECIDED, WORSE, Gated, decide, gate_margin, needed_seeds
from mixsuite.regression.yardstick import SLOWER, grown
from mixsuite.results.manifest import load_manifest
from mixsuite.stats.paired import mean
from mixsuite.stats.verdicts import pair

SAME, NEW, MISSING = "same", "new", "missing"
WORDS = (SAME, EQUAL, BETTER, UNDECIDED, NEW, WORSE, MISSING)
STATISTICS_ONLY = "not compared"  # in place of a stage, for runs on another kind of device
_ORDER = (STATISTICS_ONLY, *STAGES, "metrics")
_HARDWARE = ("device", "processor", "cpu", "threads", "gpu")
_HASHED = ("core", "method", "dataset", "domain")  # parts of the code whose hash tells a reader nothing


@dataclass(frozen=True)
class Change:
    """How a cell compares with its baseline.

    verdict:    one of WORDS.
    changed_at: the first stage whose digest differs for any seed; "metrics" if all digests are equal but a metric
                differs.
    also_changed: what else differs: code, libraries, executor, machine.
    n:          number of seeds.
    metric:     the primary metric.
    then, now:  its means over n seeds.
    diff:       mean paired difference, now minus then.
    low, high:  its 90 % t-interval.
    p:          one-sided, adjusted by Holm over all gated cells.
    others:     further metrics, name -> (then, now).
    command:    the command that runs the cell again.
    reason:     why the cell is missing.
    """

    task: str
    method: str
    verdict: str
    changed_at: str = ""
    also_changed: str = ""
    n: int = 0
    metric: str = ""
    then: float = nan
    now: float = nan
    diff: float = nan
    low: float = nan
    high: float = nan
    p: float = nan
    others: dict[str, tuple[float, float]] = field(default_factory=dict)
    command: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Regression:
    """The comparison of a results folder with its baseline.

    changes: one per cell.
    seeds:   number of seeds that every cell of the baseline has.
    needed:  number of seeds that a gate over so many cells needs.
    costs:   (domain or method, cost) -> growth factor, with costs in yardsticks.
    notes:   what a reader must know, one sentence each.
    gate_costs: whether a cost that grew too much is a regression.
    """

    out: Path
    baseline: Baseline
    changes: list[Change]
    seeds: int
    needed: int
    costs: dict[tuple[str, str], float]
    notes: list[str]
    gate_costs: bool = True

    @property
    def slower(self) -> dict[tuple[str, str], float]:
        """The costs that grew by more than the factor SLOWER."""
        return {key: ratio for key, ratio in self.costs.items() if ratio > SLOWER}

    @property
    def status(self) -> int:
        """The exit status.

        1: a worse or missing cell, or a gated cost that grew too much; 2: too few seeds to gate; 0: else.
        """
        if any(change.verdict in (WORSE, MISSING) for change in self.changes) or (self.gate_costs and self.slower):
            return 1
        return 2 if self.seeds < self.needed else 0

    @property
    def headline(self) -> str:
        """The overall result, the count of each verdict, and the costs that grew too much."""
        counts = Counter(change.verdict for change in self.changes)
        counted = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
        if self.slower:
            grew = ", ".join(f"{cost} of {over} {ratio:.2f} x" for (over, cost), ratio in self.slower.items())
            counted += f"; costs grew: {grew}{'' if self.gate_costs else ' (shown, not gated)'}"
        if self.seeds < self.needed and self.status == 2:
            return f"cannot gate: needs {self.needed} seeds, has {self.seeds}; {counted}"
        return f"{'regression' if self.status else 'no regression'}: {counted}"


def compare_with_baseline(out: Path, baseline: Path, gate_costs: bool = True) -> Regression:
    """Compare a results folder with a baseline.

    gate_costs: whether a cost that grew too much is a regression.

    Raises:
        InputError: no baseline or results, a corrupted file, or a baseline of other data, recipes or parameters.
    """
    accepted, now, manifest = load_baseline(baseline), read_cells(out), load_manifest(out)
    _same_question(accepted.cells, now)
    tasks = {(t.domain, t.shown_dataset, t.recipe_name): t for t in manifest.tasks.values()}
    again = manifest.matrix or out.name, out
    changes = {
        key: _look(key, tasks.get(key[:3]), cell, now.get(key, {}), again) for key, cell in accepted.cells.items()
    }
    moved = [key for key, change in changes.items() if change.verdict == UNDECIDED]
    gated = {key: _gated(accepted.cells[key], now[key]) for key in moved}
    for key, decision in decide(gated, len(accepted.cells)).items():
        changes[key] = replace(
            changes[key], verdict=decision.word, diff=decision.diff, low=decision.low, high=decision.high, p=decision.p
        )
    new = [_new(key, tasks[key[:3]], cell) for key, cell in now.items() if key not in accepted.cells]
    costs = _costs(accepted.cells, now)
    return Regression(
        out,
        accepted,
        [*changes.values(), *(change for change in new if change.n)],
        min(map(len, accepted.cells.values())),
        needed_seeds(len(accepted.cells)),
        costs,
        _notes(accepted, now, bool(costs)),
        gate_costs,
    )


def _same_question(accepted: Cells, now: Cells) -> None:
    """Refuse a baseline that answers another question.

    Raises:
        InputError: other data, recipe or parameters under the same name; the message says how they differ.
    """
    for key, cell in accepted.items():
        for seed, then in cell.items():
            here = now.get(key, {}).get(seed)
            if here is None or here.reason:
                continue
            what, go_on = f"{key[1]}, {key[3]} ({key[2]})", "accept a new baseline to go on"
            if then.primary != here.primary:
                raise InputError(
                    f"the baseline gates {then.primary.name} for {what}, these runs are judged by {here.primary.name}; "
                    f"{go_on}"
                )
            if then.id and here.id and then.id != here.id:
                differ = differences(then.spec, here.spec) or "parameters that this baseline does not name"
                raise InputError(f"the baseline is of another recipe or parameters for {what}: {differ}; {go_on}")
            data = then.digests["data"], here.digests["data"]
            if all(data) and data[0] != data[1]:
                raise InputError(f"the baseline is of other data for {what}: {data[0]} there, {data[1]} here; {go_on}")


def differences(then: dict[str, str], now: dict[str, str]) -> str:
    """Describe how two dictionaries differ, as in ``recipe.lr 0.05 -> 0.15``."""
    names = [name for name in dict.fromkeys([*then, *now]) if then.get(name) != now.get(name)]
    return ", ".join(
        name if name in _HASHED else f"{name} {then.get(name, 'none')} -> {now.get(name, 'none')}" for name in names
    )


def _look(
    key: Key, task: Task | None, then: dict[int, BaselineRun], now: dict[int, BaselineRun], again: tuple[str, Path]
) -> Change:
    """Compare a cell of the baseline as far as no statistics are needed; the verdict is UNDECIDED if they are.

    again: the matrix and the folder, for the command that runs the cell again.
    """
    matrix, out = again
    name, seeds = task.name if task else f"{key[1]}@{key[2]}", tuple(sorted(then))
    asked = {"datasets": name, "methods": key[3], "seeds": show_seeds(seeds), "rerun": "always", "out": str(out)}
    if any(run.executor.startswith("loop") for run in now.values()):
        asked["executor"] = "loop"
    command = shlex.join(["mixsuite", "run", matrix, *(word for k, v in asked.items() for word in (f"--{k}", v))])
    lost = tuple(seed for seed in seeds if seed not in now or now[seed].reason)
    metric = next(iter(then.values())).primary.name
    change = Change(name, key[3], SAME, n=len(seeds) - len(lost), metric=metric, command=command)
    if lost:
        first = now.get(lost[0])
        reason = f"seeds {show_seeds(lost)}: {first.reason if first else 'not run'}"
        return replace(change, verdict=MISSING, then=mean(_primary(then).values()), reason=reason)
    pairs = [(then[seed], now[seed]) for seed in seeds]
    change = replace(change, then=mean(_primary(then).values()), now=mean(_primary(now, then).values()))
    stages = {stage for stage in (_changed_at(*runs) for runs in pairs) if stage}
    if not stages:
        return replace(change, command="")
    also = dict.fromkeys(text for runs in pairs for text in _also(*runs))
    return replace(
        change,
        verdict=UNDECIDED,
        changed_at=min(stages, key=_ORDER.index),
        also_changed="; ".join(also),
        others=_others(pairs),
    )


def _new(key: Key, task: Task, cell: dict[int, BaselineRun]) -> Change:
    values = [run.value for run in cell.values() if not run.reason]
    return Change(task.name, key[3], NEW, n=len(values), metric=task.primary.name, now=mean(values))


def _primary(cell: dict[int, BaselineRun], like: dict[int, BaselineRun] | None = None) -> dict[int, float]:
    """Seed -> primary metric, for the seeds of another cell, or for all."""
    return {seed: cell[seed].value for seed in (like or cell)}


def _changed_at(then: BaselineRun, now: BaselineRun) -> str | None:
    """The first stage at which two runs of one spec differ; None if they are the same."""
    if then.machine.get("device", "")[:4] != now.machine.get("device", "")[:4]:
        return STATISTICS_ONLY
    for stage in STAGES:
        if then.digests[stage] != now.digests[stage]:
            return stage
    shared = [name for name in then.metrics if name in now.metrics and not _is_cost(name)]
    return "metrics" if any(then.metrics[name] != now.metrics[name] for name in shared) else None


def _also(then: BaselineRun, now: BaselineRun) -> list[str]:
    """Describe what else differs between two runs of one spec."""
    executor = differences({"executor": then.executor}, {"executor": now.executor})
    changes = {"code": differences(then.parts, now.parts), "machine": differences(then.machine, now.machine)}
    if then.code != now.code and not changes["code"]:
        changes["code"] = "changed"
    return [f"{what}: {text}" for what, text in changes.items() if text] + ([executor] if executor else [])


def _is_cost(metric: str) -> bool:
    return metric.removesuffix("_ratio") in COSTS


def _others(pairs: list[tuple[BaselineRun, BaselineRun]]) -> dict[str, tuple[float, float]]:
    first = pairs[0][0]
    names = [n for n in first.metrics if n != first.primary.name and not _is_cost(n)]
    shared = [n for n in names if all(n in run.metrics for runs in pairs for run in runs)]
    return {n: (mean(a.metrics[n] for a, _ in pairs), mean(b.metrics[n] for _, b in pairs)) for n in shared}


def _gated(then: dict[int, BaselineRun], now: dict[int, BaselineRun]) -> Gated:
    """A cell that moved, with the accepted margin of equality."""
    run, accepted = next(iter(then.values())), _primary(then)
    margin = gate_margin(run.primary, mean(accepted.values()), run.margin)
    return Gated(pair(_primary(now, then), accepted), margin, run.primary.better)


def _costs(accepted: Cells, now: Cells) -> dict[tuple[str, str], float]:
    """How much costs grew, in yardsticks: the median over the runs of each domain, and of each method.

    Runs on another kind of machine or by another executor do not count.
    """
    pairs: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for key, cell in accepted.items():
        for seed, then in cell.items():
            here = now.get(key, {}).get(seed)
            for name in (f"{cost}_ratio" for cost in COSTS):
                if here and name in then.metrics and name in here.metrics and _alike(then, here):
                    for over in (key[0], key[3]):
                        before, after = pairs.setdefault((over, name), ([], []))
                        before.append(then.metrics[name])
                        after.append(here.metrics[name])
    return {key: grown(*values) for key, values in pairs.items()}


def _alike(then: BaselineRun, now: BaselineRun) -> bool:
    """Whether two runs' costs can be compared: the same kind of machine and the same executor made them."""
    return then.executor == now.executor and all(then.machine.get(n) == now.machine.get(n) for n in _HARDWARE)


def _notes(accepted: Baseline, now: Cells, costs: bool) -> list[str]:
    both = [[run for cell in cells.values() for run in cell.values()] for cells in (accepted.cells, now)]
    devices = [{kind for run in runs if (kind := run.machine.get("device", "")[:4])} for runs in both]
    timed = [any("seconds_ratio" in run.metrics for run in runs) for runs in both]
    notes = []
    if not costs:
        lacks = "these runs" if timed[0] else "the baseline"
        why = "another kind of machine or another executor" if all(timed) else f"no yardstick was timed beside {lacks}"
        notes.append(f"costs are not gated: {why} (mixsuite regress --run MATRIX times one)")
    if devices[0] != devices[1]:
        then, here = (", ".join(sorted(kinds)) for kinds in devices)
        notes.append(f"the baseline is from {then}, these runs from {here}: digests are not compared, statistics only")
    if not any(run.id for cell in accepted.cells.values() for run in cell.values()):
        notes.append("the baseline is of a former form: recipes and parameters are compared by their names alone")
    return notes
