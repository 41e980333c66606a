"""Compare a variant with other methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mixsuite.api.calls import Names, Seeds, lengths_of, names_of, need_results, options_of, seeds_of
from mixsuite.errors import InputError
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.experiment.spec import RunSpec
    from mixsuite.report.comparison import ComparisonReport
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
    lengths: str | Sequence[int] | None = None,
    reuse: Sequence[str | Path] = (),
    watch: Watch = unwatched,
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
        device: "auto", "cpu" or "cuda".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        timeout: seconds that a run may take.
        lengths: further lengths of training, as "2" or [2, 4]: the table then says which comparisons have converged;
            each takes as long as it says.
        reuse: further results folders, of which valid runs are copied.
        watch: called with the progress whenever it changes.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.planning import plan_call
    from mixsuite.execution.planning import reuse as reuse_records
    from mixsuite.execution.runner import execute
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.experiment.resolve import resolve_method
    from mixsuite.report.comparison import compare_results, equal_compute_controls
    from mixsuite.results.names import folder_name
    from mixsuite.results.reading import load_results

    references = names_of(against)
    if not references:
        raise InputError("--against: at least one method is needed, as in mixup,erm")
    name, named = resolve_method(variant).name, [resolve_method(text).name for text in references]
    stretched = tuple(dict.fromkeys((1, *lengths_of(lengths))))
    chosen = load_matrix(matrix).model_copy(update={"reference": references[0], "lengths": stretched})
    folder = Path(out) if out is not None else Path("results") / "compare" / folder_name(name)
    options = options_of(folder, data, device=device, workers=workers, executor=executor, timeout=timeout)

    folders = [Path("results") / chosen.name, *map(Path, reuse)]
    for given in folders[1:]:
        need_results(given, "--reuse")

    def train(methods: list[str], wanted: Callable[[RunSpec], bool] = lambda _: True) -> Results:
        plan = plan_call(chosen, options, methods, names_of(datasets), seeds_of(seeds))
        part = reuse_records(folders, replace(plan, runs=[run for run in plan.runs if wanted(run)]))
        execute(part, watch)
        return load_results(folder).only(plan.runs)

    first = train([*references, variant], lambda run: run.method.name == name)
    applies = {task.name for task in first.manifest.tasks.values() if first.cell(task, name).status != "skipped"}
    results = train([*references, variant], lambda run: run.method.name == name or run.task.name in applies)
    controls = equal_compute_controls(results, name, named[0], references[0])
    if controls:
        everything = [*references, variant, *controls]
        compared = {name, *named}
        results = train(
            everything, lambda run: run.task.name in applies and (run.method.name in compared or run.task.length == 1)
        )
    return compare_results(results, name, named, [resolve_method(text).name for text in controls], folder)
