"""The Python interface: everything that the command line can do, as functions that return result objects.

Each function has the options of the command of its name. Heavy libraries are imported where they are used, so code that
only reads results never loads torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mixsuite.errors import InputError
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.claims.run import Finding
    from mixsuite.execution.planning import CallPlan, DryRun, Options, Rerun
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.spec import RunSpec
    from mixsuite.regression.regress import Regression
    from mixsuite.report.comparison import ComparisonReport
    from mixsuite.report.leaderboard import Report
    from mixsuite.results.reading import Results
    from mixsuite.tuning.report import TuneReport

Names = str | Sequence[str] | None
Seeds = str | Sequence[int] | None
BASELINE = Path("results/baseline.csv")
HISTORY = Path("results/history.csv")


def _names(value: Names) -> list[str] | None:
    from mixsuite.plugins.entry import listed

    return None if value is None else listed(value)


def _seeds(value: Seeds) -> tuple[int, ...] | None:
    from mixsuite.plugins.entry import parse_seeds

    return None if value is None else parse_seeds(value)


def _options(out: Path, data: str | Path | None, **options: Any) -> Options:
    from mixsuite.execution.planning import Options
    from mixsuite.results.data_root import data_root

    return Options(out=out, data=data_root(None if data is None else Path(data)), **options)


def need_results(out: Path, option: str = "--out") -> None:
    """Refuse a folder without results. option: by which the call named it.

    Raises:
        InputError: the folder has no results; the message names the command that makes some.
    """
    if not (out / "matrix.toml").is_file():
        raise InputError(
            f"{option} {out}: no results there (no matrix.toml); make some with: mixsuite run MATRIX --out {out}"
        )


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
        device: "auto", "cpu" or "cuda".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        rerun: which runs to train: "missing", also those that "failed", or "always" all.
        accept_old: accept results of earlier code as done.
        timeout: seconds that a run may take.
        save_predictions: keep each run's test outputs in <out>/predictions/.
        save_weights: keep each run's trained weights in <out>/weights/.
        watch: called with the progress whenever it changes.

    Returns:
        Every table of the results folder. ``.runs`` is the tidy frame; ``.complete`` says whether every run is ok or
        skipped.

    Raises:
        InputError: bad input of any kind, in one line.
    """
    from mixsuite.execution.pool import Pool

    with Pool() as pool:
        pool.start(1)  # the worker imports torch while this process does
        plan = _plan(
            matrix, methods, datasets, seeds, out, data, device=device, workers=workers, executor=executor,
            rerun=rerun, accept_old=accept_old, timeout=timeout,
            save_predictions=save_predictions, save_weights=save_weights,
        )  # fmt: skip
        return _carry_out(plan, watch, pool)


def _plan(
    matrix: str, methods: Names, datasets: Names, seeds: Seeds, out: str | Path | None, data: Any, **options: Any
) -> CallPlan:
    from mixsuite.execution.planning import plan_call
    from mixsuite.experiment.matrix import load_matrix

    chosen = load_matrix(matrix)
    folder = Path(out) if out is not None else Path("results") / chosen.name
    return plan_call(chosen, _options(folder, data, **options), _names(methods), _names(datasets), _seeds(seeds))


def _carry_out(plan: CallPlan, watch: Watch, pool: Pool) -> Report:
    """Train a plan's runs, write its tables, and draw its gallery."""
    from mixsuite.execution.runner import execute
    from mixsuite.plots.gallery import draw_gallery
    from mixsuite.report.caveats import notes

    trained = {run.task.name for run in plan.todo}
    execute(plan, watch, pool)
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
    from mixsuite.execution.planning import DryRun

    plan = _plan(matrix, methods, datasets, seeds, out, data, **options)
    cells, seconds = runner.dry_run(plan)
    return DryRun(dict(cells), len(plan.runs), seconds)


def leaderboard(out: str | Path = "results/quick") -> Report:
    """Rebuild every derived file of a results folder from its records.

    Raises:
        InputError: no results there, a foreign line in the records, or a matrix.toml that mixsuite did not write.
    """
    from mixsuite.report.leaderboard import build

    need_results(Path(out))
    return build(Path(out))


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

    references = _names(against)
    if not references:
        raise InputError("--against: at least one method is needed, as in mixup,erm")
    name, named = resolve_method(variant).name, [resolve_method(text).name for text in references]
    chosen = load_matrix(matrix).model_copy(update={"reference": references[0]})
    folder = Path(out) if out is not None else Path("results") / "compare" / folder_name(name)
    options = _options(folder, data, device=device, workers=workers, executor=executor, timeout=timeout)

    folders = [Path("results") / chosen.name, *map(Path, reuse)]
    for given in folders[1:]:
        need_results(given, "--reuse")

    def train(methods: list[str], wanted: Callable[[RunSpec], bool] = lambda _: True) -> Results:
        plan = plan_call(chosen, options, methods, _names(datasets), _seeds(seeds))
        part = reuse_records(folders, replace(plan, runs=[run for run in plan.runs if wanted(run)]))
        execute(part, watch)
        return load_results(folder).only(plan.runs)

    first = train([*references, variant], lambda run: run.method.name == name)
    applies = {task.name for task in first.manifest.tasks.values() if first.cell(task, name).status != "skipped"}
    results = train([*references, variant], lambda run: run.method.name == name or run.task.name in applies)
    controls = equal_compute_controls(results, name, named[0], references[0])
    if controls:
        everything = [*references, variant, *controls]
        results = train(everything, lambda run: run.method.name == name or run.task.name in applies)
    return compare_results(results, name, named, [resolve_method(text).name for text in controls], folder)


def tune(
    matrix: str = "quick",
    *,
    trials: int | None = None,
    sampler: str | None = None,
    methods: Names = None,
    datasets: Names = None,
    seeds: Seeds = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    timeout: float | None = None,
    watch: Watch = unwatched,
) -> TuneReport:
    """Tune every method of a matrix with the same compute, on training rows alone; default and tuned side by side.

    ``trials`` and ``sampler`` ("tpe", "random" or "grid") replace those of the matrix's table [tune]; the results are
    in results/tune/<matrix name> by default. The other options are those of ``run``.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.tune import asked
    from mixsuite.tuning.run import tune as carry_out

    with Pool() as pool:
        pool.start(1)
        folder = Path("results") / "tune" / Path(str(matrix)).stem if out is None else out
        plan = _plan(matrix, methods, datasets, seeds, folder, data, device=device, workers=workers, timeout=timeout)
        return carry_out(plan, asked(plan.matrix.tune, trials, sampler), watch, pool)


def _train_anew(matrix: str, options: Options, watch: Watch) -> None:
    """Train every run of a matrix into a folder of its own, and time the yardstick before and after."""
    from mixsuite.execution.planning import plan_call
    from mixsuite.execution.runner import execute
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.regression.yardstick import save_yardstick, time_yardstick

    out = options.out
    if (out / "records").exists() or (out / "matrix.toml").exists():
        raise InputError(f"--out {out}: holds results already; remove it, or give another folder to train anew into")
    plan, before = plan_call(load_matrix(matrix), options), time_yardstick()
    execute(plan, watch)
    save_yardstick(out, before, time_yardstick())


def regress(
    out: str | Path = "results/regress",
    baseline: str | Path = BASELINE,
    *,
    matrix: str | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    timeout: float | None = None,
    costs: Literal["gate", "show"] = "gate",
    watch: Watch = unwatched,
) -> Regression:
    """Did anything change since the accepted baseline, and is it real?

    Args:
        out: the results folder to compare.
        baseline: the CSV file of the accepted baseline.
        matrix: trained anew into ``out`` first, with the yardstick timed beside it; the options below are for that.
        data: the data root.
        device: "auto", "cpu" or "cuda".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        timeout: seconds that a run may take.
        costs: whether a cost that grew too much is a regression ("gate"), or only told ("show").
        watch: called with the progress whenever it changes.

    Raises:
        InputError: no baseline or results, a corrupted file, or a baseline of other data, recipes or parameters.
    """
    from mixsuite.regression.baseline import load_baseline
    from mixsuite.regression.regress import compare_with_baseline

    if costs not in ("gate", "show"):
        raise InputError(f"costs={costs!r}: allowed: gate, show")
    if matrix is not None:
        if Path(baseline).exists():
            load_baseline(Path(baseline))  # refused before anything is trained
        options = _options(Path(out), data, device=device, workers=workers, executor=executor, timeout=timeout)
        _train_anew(matrix, options, watch)
    return compare_with_baseline(Path(out), Path(baseline), gate_costs=costs == "gate")


def claims(
    only: Names = None,
    *,
    scale: Literal["quick", "full"] = "quick",
    out: str | Path = "results/claims",
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    timeout: float | None = None,
    watch: Watch = unwatched,
) -> list[Finding]:
    """Test what the papers on mixup claim: each claim is a study with rules fixed beforehand, and gets a verdict.

    The findings are written after each study. Runs that have a record already are not trained again.

    Args:
        only: names of studies; None: all.
        scale: "quick", or "full" for the papers' own sizes.
        out: holds one folder per study; the table stands beside it as <out>.csv.
        data: the data root.
        device: "auto", "cpu" or "cuda".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        timeout: seconds that a run may take.
        watch: called with the progress whenever it changes.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.claims.run import run_study, write
    from mixsuite.claims.study import load_study, study_names

    names = _names(only)
    if names == []:
        raise InputError("--only: no study is named; leave it out for all")
    studies = [load_study(name) for name in (study_names() if names is None else names)]
    findings = []
    for study in studies:
        folder = Path(out) / study.name
        options = _options(folder, data, device=device, workers=workers, executor=executor, timeout=timeout)
        findings.append(run_study(study, scale, options, watch))
        write(findings[-1:], Path(out))  # keeps this finding if the next study is interrupted
    return findings
