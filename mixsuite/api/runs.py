"""Train a matrix, or say what would be trained; rebuild its tables."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixsuite.api.calls import Names, Seeds, names_of, need_results, plan_of, stop_time
from mixsuite.api.deciding import declared, need_until, train_until_decided
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.execution.planning import CallPlan, Rerun
    from mixsuite.execution.pool import Pool
    from mixsuite.report.leaderboard import Report


@dataclass(frozen=True)
class DryRun:
    """What a call would train.

    cells:   (task, method) -> runs still to do.
    total:   number of runs that the call asks for.
    seconds: estimated time of the runs still to do.
    """

    cells: dict[tuple[str, str], int]
    total: int
    seconds: float

    @property
    def runs(self) -> int:
        """Runs still to do."""
        return sum(self.cells.values())


def run(
    matrix: str = "quick",
    *,
    methods: Names = None,
    datasets: Names = None,
    seeds: Seeds = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    rerun: Rerun = "missing",
    accept_old: bool = False,
    timeout: float | None = None,
    save_predictions: bool = False,
    save_weights: bool = False,
    until: str | None = None,
    max_seeds: int | None = None,
    stop_after: float | None = None,
    watch: Watch = unwatched,
) -> Report:
    """Train a matrix of methods x datasets x seeds and write its leaderboards.

    Runs that have a record already are not trained again.

    Args:
        matrix: a name in ./benchmarks or shipped with mixsuite, or a path that ends in .toml.
        methods: replace the matrix's methods; the reference is added.
        datasets: select the matrix's entries of these names, or add further entries.
        seeds: "0-9", or numbers; they replace the matrix's.
        out: results folder, by default results/<matrix name>.
        data: the data root.
        device: "auto", "cpu", "cuda", or cards by number, as "cuda:0,1".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        rerun: which runs to train: "missing", also those that "failed", or "always" all.
        accept_old: accept results of earlier code as done.
        timeout: seconds that a run may take.
        save_predictions: keep each run's test outputs in <out>/predictions/.
        save_weights: keep each run's trained weights in <out>/weights/.
        until: "decided": add seeds until every comparison is decided, at looks that are declared beforehand.
        max_seeds: seeds at the last look; None: three times as many as the matrix or ``seeds`` has.
        stop_after: seconds after which nothing new begins and trainings end at their next checkpoint.
        watch: called with the progress whenever it changes.

    Returns:
        Every table of the results folder. ``.runs`` is the tidy frame; ``.complete`` says whether every run is ok or
        skipped.

    Raises:
        InputError: bad input of any kind, in one line.
        KeyboardInterrupt: the call was stopped, or its time is up; the same call goes on from there.
    """
    from mixsuite.execution.pool import Pool
    from mixsuite.execution.runner import execute

    def plan() -> CallPlan:
        return _plan(
            matrix, methods, datasets, seeds, out, data, device=device, workers=workers, executor=executor,
            rerun=rerun, accept_old=accept_old, timeout=timeout,
            save_predictions=save_predictions, save_weights=save_weights, stop_at=stop_at,
        )  # fmt: skip

    stop_at = stop_time(stop_after)
    until_decided = need_until(until, max_seeds)
    with Pool() as pool:
        pool.start(1)  # the worker imports torch while this process does
        planned = plan()
        if until_decided:
            return _until_decided(planned, methods, datasets, max_seeds, watch, pool)
        trained = {run.task.name for run in planned.todo}
        execute(planned, watch, pool)
    return _tables(planned, trained)


def _until_decided(
    plan: CallPlan, methods: Names, datasets: Names, max_seeds: int | None, watch: Watch, pool: Pool
) -> Report:
    """Train a plan look by look, and write its tables."""
    from mixsuite.execution.planning import plan_call
    from mixsuite.execution.runner import execute

    experiment, trained = plan.experiment, set[str]()

    def train(part: CallPlan) -> None:
        trained.update(run.task.name for run in part.todo)
        execute(part, watch, nullcontext(pool))

    whole = train_until_decided(
        lambda seeds: plan_call(plan.matrix, plan.options, names_of(methods), names_of(datasets), seeds),
        train,
        experiment.seeds,
        declared(len(experiment.seeds), max_seeds, among=len(experiment.methods) - 1),
        [experiment.reference],
    )
    return _tables(whole, trained)


def _plan(
    matrix: str, methods: Names, datasets: Names, seeds: Seeds, out: str | Path | None, data: Any, **options: Any
) -> CallPlan:
    from mixsuite.experiment.matrix import load_matrix

    chosen = load_matrix(matrix)
    folder = Path(out) if out is not None else Path("results") / chosen.name
    return plan_of(chosen, folder, data, methods, datasets, seeds, **options)


def _tables(plan: CallPlan, trained: set[str]) -> Report:
    """Write the tables of a plan, and draw the gallery of the tasks that were trained."""
    from mixsuite.plots.gallery import draw_gallery
    from mixsuite.report.caveats import notes

    asked = frozenset((run.task.name, run.method.name) for run in plan.runs)
    report = replace(leaderboard(plan.options.out), asked=asked)
    told = notes(report.results.only(plan.runs), report.shown())
    not_drawn = draw_gallery(plan.options.out, plan.options.data, trained)
    return replace(report, notes=[*told, *(f"no picture of {task}: {why}" for task, why in not_drawn.items())])


def dry_run(
    matrix: str = "quick",
    *,
    methods: Names = None,
    datasets: Names = None,
    seeds: Seeds = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    **options: Any,
) -> DryRun:
    """Return what ``run`` with the same arguments would train, and about how long it would take; write nothing.

    Raises:
        InputError: as for ``run``.
    """
    from mixsuite.execution import runner

    plan = _plan(matrix, methods, datasets, seeds, out, data, **options)
    cells, seconds = runner.dry_run(plan)
    return DryRun(dict(cells), len(plan.runs), seconds)


def leaderboard(out: str | Path = "results/quick") -> Report:
    """Rebuild every derived file of a results folder from its records.

    Raises:
        InputError: no results there, a foreign line in the records, or a matrix.toml that mixsuite did not write.
    """
    from mixsuite.plots.lengths import draw_lengths
    from mixsuite.plots.sweeps import draw_sweeps
    from mixsuite.report.leaderboard import build

    need_results(Path(out))
    report = build(Path(out))
    draw_lengths(report)
    draw_sweeps(report)
    return report
