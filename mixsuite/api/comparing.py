"""Compare a variant with other methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mixsuite.api.calls import (
    Names,
    Seeds,
    lengths_of,
    names_of,
    need_results,
    options_of,
    seeds_of,
    stop_time,
)
from mixsuite.api.deciding import declared, need_until, seeds_in_order, train_until_decided
from mixsuite.errors import InputError
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.execution.planning import CallPlan, Options
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.matrix import Matrix
    from mixsuite.experiment.spec import RunSpec
    from mixsuite.report.comparison import ComparisonReport
    from mixsuite.results.manifest import Looks
    from mixsuite.results.reading import Results


def compare(
    variant: str,
    against: Names = ("mixup", "erm"),
    *,
    matrix: str = "quick",
    datasets: Names = None,
    seeds: Seeds = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    timeout: float | None = None,
    stop_after: float | None = None,
    lengths: str | Sequence[int] | None = None,
    until: str | None = None,
    max_seeds: int | None = None,
    confirm: bool = False,
    reuse: Sequence[str | Path] = (),
    watch: Watch = unwatched,
    at_start: Callable[[], None] = lambda: None,
) -> ComparisonReport:
    """Is a variant better, where, by how much, and at what cost? Train what is missing, and compare.

    The variant trains first; the references train on the tasks alone to which it applies. Valid runs of the references
    are reused from results/<matrix>/ and from the folders given. A variant that costs more than the first reference is
    also compared with that reference trained for longer and on larger batches.

    Args:
        variant: the method in question, as in ``./mine.py(alpha=0.4)``.
        against: the methods to compare it with; each gets a table of its own.
        matrix: the tasks, by the name or path of a matrix.
        datasets: select the matrix's entries of these names, or add further entries.
        seeds: "0-9", or numbers; they replace the matrix's.
        out: results folder, by default results/compare/<variant>.
        data: the data root.
        device: "auto", "cpu", "cuda", or cards by number, as "cuda:0,1".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        timeout: seconds that a run may take.
        stop_after: seconds after which nothing new begins and trainings end at their next checkpoint; the same call
            goes on from there.
        lengths: further lengths of training, as "2" or [2, 4]: the table then says which comparisons have converged;
            each takes as long as it says.
        until: "decided": add seeds until every comparison is decided, at looks that are declared beforehand.
        max_seeds: seeds at the last look; None: three times as many as the matrix or ``seeds`` has.
        confirm: repeat a comparison that was made before, on seeds and data sets that none has used: by default on as
            many seeds as the matrix has, after those that were used.
        reuse: further results folders, of which valid runs are copied.
        watch: called with the progress whenever it changes.
        at_start: called once, before anything is trained, while the first worker starts.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.experiment.resolve import resolve, resolve_method
    from mixsuite.report.comparison import compare_results, equal_compute_controls
    from mixsuite.results.names import folder_name
    from mixsuite.results.reading import load_results
    from mixsuite.results.tried import Tried, before, chance, fresh_seeds, need_fresh, read_tried, remember

    references = names_of(against)
    if not references:
        raise InputError("--against: at least one method is needed, as in mixup,erm")
    name, named = resolve_method(variant).name, [resolve_method(text).name for text in references]
    stretched = tuple(dict.fromkeys((1, *lengths_of(lengths))))
    chosen = load_matrix(matrix).model_copy(update={"reference": references[0], "lengths": stretched})
    folder = Path(out) if out is not None else Path("results") / "compare" / folder_name(name)
    options = options_of(
        folder, data, device=device, workers=workers, executor=executor, timeout=timeout,
        stop_at=stop_time(stop_after),
    )  # fmt: skip
    for given in reuse:
        need_results(Path(given), "--reuse")
    reused = [Path("results") / chosen.name, *map(Path, reuse)]
    listed = (Path("results") / "compare" if out is None else folder) / "tried.csv"
    with Pool() as pool:
        pool.start(1)  # it imports torch while this process checks and plans
        at_start()
        both = [*references, variant]
        data_sets = tuple(dict.fromkeys(t.data_set for t in resolve(chosen, both, names_of(datasets)).tasks))
        tried = before(read_tried(listed), name, data_sets)
        own_seeds = seeds_of(seeds) or (fresh_seeds(tried, len(chosen.seeds)) if confirm else chosen.seeds)
        if confirm:
            need_fresh(tried, name, data_sets, own_seeds)
        looks = declared(len(own_seeds), max_seeds, among=1) if need_until(until, max_seeds) else None
        work = _Work(chosen, options, names_of(datasets), reused, looks, watch, pool)

        at_first = seeds_in_order(own_seeds, looks)[: looks.seeds[0]] if looks else own_seeds
        first = work.train(work.plan(both, at_first, lambda run: run.method.name == name))
        applies = {task.name for task in first.manifest.tasks.values() if first.cell(task, name).status != "skipped"}

        def plan(seeds: tuple[int, ...]) -> CallPlan:
            return work.plan(both, seeds, lambda run: run.method.name == name or run.task.name in applies)

        if looks:
            whole = train_until_decided(plan, work.train, own_seeds, looks, named)
        else:
            whole = plan(own_seeds)
            work.train(whole)
        results = load_results(folder).only(whole.runs)
        controls = equal_compute_controls(results, name, named[0], references[0])
        if controls:
            its_seeds = {(run.task.name, run.seed) for run in whole.runs if run.method.name == name}
            fair = work.plan(
                [*references, *controls],
                tuple(sorted({seed for _, seed in its_seeds})),
                lambda run: (
                    run.method.name not in named
                    and run.task.name in applies
                    and run.task.length == 1
                    and (run.task.name, run.seed) in its_seeds
                ),
            )
            work.train(fair)
            results = load_results(folder).only([*whole.runs, *fair.runs])
    report = compare_results(results, name, named, [resolve_method(text).name for text in controls], folder)
    used = tuple(sorted({run.seed for run in whole.runs}))
    now = [
        Tried(
            name, one.reference, chosen.name, data_sets, used, confirm,
            len(one.judged), one.counts["better"], one.counts["worse"],
        )
        for one in report.comparisons
    ]  # fmt: skip
    return replace(report, notes=chance(remember(listed, now), chosen.name, confirm))


@dataclass(frozen=True)
class _Work:
    """What every training of a comparison shares.

    reused: further results folders, of which valid runs are copied.
    pool:   of all trainings, so that workers start once.
    """

    matrix: Matrix
    options: Options
    datasets: list[str] | None
    reused: Sequence[Path]
    looks: Looks | None
    watch: Watch
    pool: Pool

    def plan(self, methods: list[str], seeds: tuple[int, ...], wanted: Callable[[RunSpec], bool]) -> CallPlan:
        """Plan some methods, as far as their runs are wanted."""
        from mixsuite.execution.planning import plan_call

        whole = plan_call(self.matrix, self.options, methods, self.datasets, seeds)
        return replace(whole, runs=[run for run in whole.runs if wanted(run)], looks=self.looks)

    def train(self, plan: CallPlan) -> Results:
        """Train a plan's runs that no folder has, and return what they came to."""
        from mixsuite.execution.planning import reuse
        from mixsuite.execution.runner import execute
        from mixsuite.results.reading import load_results

        execute(reuse(self.reused, plan), self.watch, nullcontext(self.pool))
        return load_results(self.options.out).only(plan.runs)
