"""The command line: parses, calls, prints; no logic. Sub-commands import what they need when they run."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from mixsuite import __version__
from mixsuite.errors import InputError

app = typer.Typer(
    name="mixsuite",
    help="Is a mixup-style method better than mixup, where, by how much, and at what cost?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Device(StrEnum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Scale(StrEnum):
    quick = "quick"
    full = "full"


class Executor(StrEnum):
    auto = "auto"
    loop = "loop"
    lockstep = "lockstep"


class Rerun(StrEnum):
    missing = "missing"
    failed = "failed"
    always = "always"


class Form(StrEnum):
    text = "text"
    md = "md"


class Report(StrEnum):
    text = "text"
    json = "json"
    md = "md"


class Kind(StrEnum):
    methods = "methods"
    datasets = "datasets"
    probes = "probes"
    matrices = "matrices"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixsuite {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    matrix: Annotated[
        str,
        typer.Argument(help="A matrix: a name in ./benchmarks (or shipped with mixsuite), or a path ending in .toml."),
    ],
    methods: Annotated[
        str | None,
        typer.Option(
            help='Methods instead of the matrix\'s, e.g. "mixup(alpha=0.4),./mine.py"; the reference is added.'
        ),
    ] = None,
    datasets: Annotated[
        str | None,
        typer.Option(
            help='Datasets: the matrix\'s entries of a name ("wine"), or further ones ("wine(rows=60)@my_recipe").'
        ),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds, as 0-9 or 0,2,4.")] = None,
    out: Annotated[Path | None, typer.Option(help="Results folder. Default: results/<matrix name>/.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder with data sets. Default: $MIXSUITE_DATA, else the user cache.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Processes, one thread each. Default: one per core; one on a GPU."),
    ] = None,
    executor: Annotated[Executor, typer.Option(help="How runs are trained.")] = Executor.auto,
    rerun: Annotated[
        Rerun, typer.Option(help="What to train: what is missing; also what failed; or everything.")
    ] = Rerun.missing,
    accept_old: Annotated[bool, typer.Option("--accept-old", help="Take results of former code as done.")] = False,
    timeout: Annotated[float | None, typer.Option(min=0.01, help="Seconds a run may take.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be trained, and about how long; write nothing.")
    ] = False,
    save_predictions: Annotated[
        bool, typer.Option("--save-predictions", help="Keep each run's test outputs in <out>/predictions/.")
    ] = False,
) -> None:
    """Train a matrix of methods x datasets x seeds and write its leaderboards.

    What is done already is not trained again, so a stopped call goes on where it was. The results folder
    holds records/ and matrix.toml (the sources) and what is rebuilt from them: runs.csv, leaderboard.csv,
    leaderboard/, equal_compute.csv.

    Exit status: 0 all cells are ok or skipped; 1 a failed run stands; 2 bad input; 130 interrupted.
    """
    from mixsuite.pool import Pool

    with Pool() as pool:
        if not dry_run:
            pool.start(1)  # it imports torch while this process does
        from mixsuite import runner
        from mixsuite import work as todo
        from mixsuite.matrix import load_matrix
        from mixsuite.pictures.gallery import draw_gallery
        from mixsuite.progress import duration, progress
        from mixsuite.spec import parse_seeds, split_list

        chosen = load_matrix(matrix)
        options = todo.Options(
            out=out or Path("results") / chosen.name,
            data=todo.data_root(data),
            device=device.value,
            workers=workers,
            executor=executor.value,
            rerun=rerun.value,
            accept_old=accept_old,
            timeout=timeout,
            save_predictions=save_predictions,
        )
        resolved, work = todo.prepare(
            chosen,
            options,
            split_list(methods) if methods is not None else None,
            split_list(datasets) if datasets is not None else None,
            parse_seeds(seeds) if seeds is not None else None,
        )
        if dry_run:
            cells, seconds = runner.dry_run(work, options)
            for (task, method), count in cells.items():
                typer.echo(f"{count:4d}  {task}  {method}")
            about = f", about {duration(seconds)}" if work.todo else ""
            typer.echo(f"{len(work.todo)} of {len(work.runs)} runs to train{about}")
            return
        header = (
            f"{chosen.name}: {len(resolved.tasks)} tasks x {len(resolved.methods)} methods "
            f"x {len(resolved.seeds)} seeds; {len(work.todo)} of {len(work.runs)} runs to train"
        )
        with _interruptible(), progress(header, len(work.todo)) as watch:
            gallery = partial(draw_gallery, options.out, options.data, {run.task.name for run in work.todo})
            runner.execute(chosen, resolved, work, options, watch, pool, gallery)
    raise typer.Exit(_report(options.out))


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted: what was finished is recorded; the same command goes on from here", err=True)
        raise typer.Exit(130) from None


def _report(out: Path, form: Form = Form.text) -> int:
    """Rebuild and print a folder's tables; its exit status."""
    from mixsuite.report.leaderboard import build
    from mixsuite.report.text import report_text

    report = build(out)
    typer.echo(report_text(report, form.value))
    typer.echo(
        f"\nwritten: {out}/leaderboard.csv, {out}/leaderboard/, {out}/equal_compute.csv, {out}/runs.csv", err=True
    )
    return 0 if report.complete else 1


def _need_results(out: Path) -> None:
    if not (out / "matrix.toml").is_file():
        raise InputError(
            f"--out {out}: no results there (no matrix.toml); make some with: mixsuite run MATRIX --out {out}"
        )


_History = Annotated[Path, typer.Option(help="The history that `mixsuite track` keeps.")]
_HISTORY = Path("results/history.csv")


@app.command()
def leaderboard(
    out: Annotated[Path, typer.Option(help="Results folder.")] = Path("results/quick"),
    form: Annotated[Form, typer.Option("--format", help="How tables are printed: plain, or Markdown.")] = Form.text,
    history: _History = _HISTORY,
) -> None:
    """Rebuild every derived file of a results folder from its records, and print the tables.

    Tasks that the history has at two commits or more also get a picture of how their methods went,
    <out>/trend/<task>.png, and each step in them is named.

    Exit status: 0 all cells are ok or skipped; 1 a failed or missing run; 2 bad input.
    """
    from mixsuite.tracking.trend import draw_trends

    _need_results(out)
    status = _report(out, form)
    for line in draw_trends(out, history):
        typer.echo(line)
    raise typer.Exit(status)


baseline_app = typer.Typer(help="The accepted baseline that `mixsuite regress` compares with.")
app.add_typer(baseline_app, name="baseline")
_BASELINE = Path("results/baseline.csv")
_Baseline = Annotated[Path, typer.Option(help="The accepted baseline, a CSV file.")]


@baseline_app.callback()
def _baseline_root() -> None:
    pass


@baseline_app.command()
def accept(
    out: Annotated[Path, typer.Option(help="Results folder to accept.")] = Path("results/regress"),
    baseline: _Baseline = _BASELINE,
) -> None:
    """Write what a results folder shows as the baseline, and say what it replaces."""
    from mixsuite.tracking.baseline import accept as accept_runs

    typer.echo(accept_runs(out, baseline))


@app.command()
def regress(
    out: Annotated[Path, typer.Option(help="Results folder to compare.")] = Path("results/regress"),
    baseline: _Baseline = _BASELINE,
    form: Annotated[Report, typer.Option("--format", help="How it is printed.")] = Report.text,
    run: Annotated[
        str | None, typer.Option(help="Train this matrix anew into --out first, and time the yardstick beside it.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with data sets, for --run.")] = None,
    executor: Annotated[Executor, typer.Option(help="How runs are trained, for --run.")] = Executor.auto,
    perf: Annotated[
        bool, typer.Option("--perf", help="Compare two JSON files of pytest-benchmark instead: --baseline, --out.")
    ] = False,
) -> None:
    """Did anything change since the accepted baseline, and is it real?

    A cell whose runs have the same digests is the same. Else the first stage that differs is named (data, split, init,
    order, draws, plan, weights), and the paired differences of its primary metric decide: equal within margin, worse,
    better or undecided. Only worse and missing cells fail, and costs that grew to 1.5 times as many yardsticks.

    Exit status: 0 no regression; 1 worse or missing cells, or slower; 2 cannot compare (no baseline, other data or
    recipes, too few seeds).
    """
    from mixsuite.tracking import regress as regressing
    from mixsuite.tracking import speed

    if perf:
        timings, alone = speed.compare_benchmarks(baseline, out)
        typer.echo(speed.timings_text(timings, alone))
        raise typer.Exit(int(any(timing.slower for timing in timings)))
    if run is not None:
        from mixsuite.matrix import load_matrix
        from mixsuite.progress import progress
        from mixsuite.tracking.again import train_anew
        from mixsuite.tracking.baseline import load_baseline
        from mixsuite.work import data_root

        chosen = load_matrix(run)
        if baseline.exists():
            load_baseline(baseline)  # refused before anything is trained
        size = f"{len(chosen.datasets)} tasks x {len(chosen.methods)} methods x {len(chosen.seeds)} seeds"
        with _interruptible(), progress(f"{chosen.name}: {size}, trained anew into {out}", 0) as watch:
            train_anew(chosen, out, data_root(data), executor.value, watch)
    compared = regressing.regress(out, baseline)
    typer.echo(regressing.as_text(compared, form.value))
    raise typer.Exit(compared.status)


@app.command()
def track(
    out: Annotated[Path, typer.Option(help="Results folder.")] = Path("results/regress"),
    history: _History = _HISTORY,
) -> None:
    """Add a row for each cell to the history: commit, date, seeds, mean and 95 % interval."""
    from mixsuite.tracking.history import track as track_cells

    typer.echo(f"{history}: {track_cells(out, history)} cells tracked")


@app.command()
def claims(
    only: Annotated[str | None, typer.Option(help="Studies instead of all: names, with commas between.")] = None,
    scale: Annotated[Scale, typer.Option(help="quick: two cores; full: the papers' own sizes.")] = Scale.quick,
    out: Annotated[
        Path, typer.Option(help="Results folder: a folder a study; the table is beside it, <out>.csv.")
    ] = Path("results/claims"),
    data: Annotated[
        Path | None, typer.Option(help="Folder with data sets. Default: $MIXSUITE_DATA, else the user cache.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Processes. Default: one per core.")] = None,
    form: Annotated[Form, typer.Option("--format", help="md: the verdicts as a Markdown table.")] = Form.text,
) -> None:
    """Test what the papers on mixup claim: each claim is a study with rules laid down beforehand, and gets a verdict.

    holds: every sub-test is better; holds in part: some are, none is worse; does not hold here: any is worse, or all
    tie; else undecided. What is trained already is not trained again. A set that is not in the data root is named.

    Exit status: 0 every sub-test was run; 1 some were not; 2 bad input; 130 interrupted.
    """
    from mixsuite.claims.run import as_markdown, as_text, frame, published_path, run_study, table_path, write
    from mixsuite.claims.study import load_study, study_names
    from mixsuite.progress import progress
    from mixsuite.spec import split_list
    from mixsuite.work import Options, data_root

    studies = [load_study(name) for name in (split_list(only) if only is not None else study_names())]
    root, findings = data_root(data), []
    for study in studies:
        with _interruptible(), progress(f"{study.name}: {study.claim}", 0) as watch:
            findings.append(run_study(study, scale.value, Options(out / study.name, root, workers=workers), watch))
        write(findings[-1:], out)  # what is decided stands, should the next one be interrupted
    typer.echo(as_text(findings) if form is Form.text else as_markdown(frame(findings)))
    typer.echo(f"\nwritten: {table_path(out)}, {published_path(out)}, {out}/<study>/claim.png", err=True)
    raise typer.Exit(int(any(test.outcome.startswith("not run") for found in findings for test in found.tests)))


@app.command()
def power(
    effect: Annotated[
        float,
        typer.Option(help="The difference to be found: in error (0.01 is one point in a hundred); RMSE: a share."),
    ],
    matrix: Annotated[str, typer.Option(help="Whose results: those in results/<matrix>/.")] = "quick",
    out: Annotated[Path | None, typer.Option(help="Results folder, where it is another one.")] = None,
) -> None:
    """How many seeds it takes to find a difference, for each task, from the records of runs that are there.

    "sd" is the standard deviation of the paired differences from the reference, the median over methods;
    "seeds" finds the effect with 80 % power at a table's level (sign-flip test, 0.05 shared by Holm among its
    methods). "sd_largest" and "seeds_largest" are those of the method that varies most.
    """
    from mixsuite.report.power import seeds_needed, within_margin
    from mixsuite.report.results import load_results
    from mixsuite.report.text import table_lines

    if not 0 < effect < 1:
        raise InputError(f"--effect {effect}: allowed is a number above 0 and below 1")
    folder = out or Path("results") / matrix
    _need_results(folder)
    results = load_results(folder)
    table = seeds_needed(results, effect)
    typer.echo("\n".join(table_lines(table, list(table.columns))))
    if within_margin(results, effect):
        typer.echo("note: an effect within the margin of a tie is called a tie, however many seeds find it", err=True)


@app.command(name="check")
def check_(
    method: Annotated[str, typer.Argument(help='A method, as "mixup" or "./mine.py(alpha=0.4)".')],
    everything: Annotated[bool, typer.Option("--all", help="Also what is as it should be.")] = False,
) -> None:
    """Try a method on made-up rows of every domain and kind of target: is its plan valid, does the target follow
    the signal, does it draw from its seed alone, leave its input, run in half precision, ...

    Says of each problem what was tried, expected and seen, and where. Exit status: 0 no problem; 1 a problem; 2 no
    such method, or a file that cannot be read.
    """
    from mixsuite.testing import check, grouped, problems

    found = grouped(check(method))
    for finding in found:
        if everything or finding.status != "ok":
            typer.echo(str(finding))
    said = {"problem": "problems", "note": "to note", "ok": "ok"}
    count = {status: sum(f.status == status for f in found) for status in said}
    typer.echo(f"{method}: " + ", ".join(f"{count[status]} {word}" for status, word in said.items()))
    raise typer.Exit(1 if problems(found) else 0)


@app.command()
def compare(
    variant: Annotated[str, typer.Argument(help='The method in question, as "./mine.py(alpha=0.4)".')],
    against: Annotated[str, typer.Option(help="What it is compared with; each is a table of its own.")] = "mixup,erm",
    matrix: Annotated[str, typer.Option(help="The tasks: a matrix by name or path.")] = "quick",
    datasets: Annotated[str | None, typer.Option(help="Some of its datasets, or further ones.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds, as 0-9; default: the matrix's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Default: results/compare/<variant>/.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with data sets.")] = None,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Processes, one thread each.")] = None,
    skip_check: Annotated[bool, typer.Option("--skip-check", help="Do not check the variant first.")] = False,
) -> None:
    """Is a variant better, where, by how much, and at what cost? Check it, train what is missing, and say.

    Runs of the references that results/<matrix>/ has already are used, not trained again. A variant that costs more
    than the first reference is also held against that reference trained for longer and on larger batches.

    Exit status: 0 done; 1 the check found a problem, or a run failed; 2 bad input; 130 interrupted.
    """
    from mixsuite import compare as comparing
    from mixsuite import work as todo
    from mixsuite.matrix import load_matrix
    from mixsuite.progress import progress
    from mixsuite.report.text import table_lines
    from mixsuite.resolve import resolve_method
    from mixsuite.spec import parse_seeds, split_list
    from mixsuite.testing import check, grouped, problems

    name = resolve_method(variant).name
    wrong = [] if skip_check else grouped(problems(check(variant)))
    for finding in wrong:
        typer.echo(str(finding))
    if wrong:
        typer.echo(f"{variant}: {len(wrong)} problems; mend them, or give --skip-check", err=True)
        raise typer.Exit(1)
    chosen = load_matrix(matrix)
    options = todo.Options(
        out=out or Path("results") / "compare" / name, data=todo.data_root(data), device=device.value, workers=workers
    )
    with _interruptible(), progress(f"{name} on {chosen.name}", 0) as watch:
        found, fair = comparing.compare(
            chosen,
            variant,
            split_list(against),
            options,
            Path("results") / chosen.name,
            split_list(datasets) if datasets is not None else None,
            parse_seeds(seeds) if seeds is not None else None,
            watch,
        )
    typer.echo("Lower is better: a negative diff is the variant's gain; paired by seed, unadjusted 95 % interval.\n")
    for place, one in enumerate([*found, *fair]):
        if place == len(found):
            typer.echo(f"At equal compute: {found[0].reference} trained on as many rows")
        typer.echo("\n".join([one.line, *table_lines(one.table, comparing.SHOWN), *one.failures, ""]))
    typer.echo(f"written: {options.out}/against-*.csv", err=True)
    raise typer.Exit(int(any("failed" in one.table["status"].to_numpy() for one in (*found, *fair))))


@app.command(name="new-method")
def new_method_(
    name: Annotated[str, typer.Argument(help="The method's name, as in my_mixup: the file will be my_mixup.py.")],
) -> None:
    """Write a commented start file for a method into this folder; it passes `mixsuite check` as it stands."""
    from mixsuite.starts import new_method

    path = new_method(name, Path())
    typer.echo(f"written: {path}; try it: mixsuite check ./{path}")


@app.command(name="new-dataset")
def new_dataset_(
    name: Annotated[str, typer.Argument(help="The data set's name, as in my_rows: the file will be my_rows.py.")],
) -> None:
    """Write a commented start file for a data set into this folder; it can be trained on as it stands."""
    from mixsuite.starts import new_dataset

    path = new_dataset(name, Path())
    typer.echo(f"written: {path}; try it: mixsuite data verify ./{path}")


@app.command(name="list")
def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    form: Annotated[Form, typer.Option("--format", help="md: methods as a Markdown table.")] = Form.text,
) -> None:
    """What there is to run: methods (how they pair rows, the law of lambda, whether it is drawn per batch or row, site,
    label, rows per step, domains), datasets and probes, all with their parameters; and matrices."""
    from mixsuite import listing, plugins
    from mixsuite.matrix import matrix_names

    packages = {Kind.methods: plugins.METHODS, Kind.datasets: plugins.DATASETS, Kind.probes: plugins.PROBES}
    if form is Form.md and kind is not Kind.methods:
        raise InputError(f"--format md: for methods, not for {kind.value}")
    if kind is Kind.matrices:
        typer.echo("\n".join(matrix_names()))
    else:
        typer.echo(listing.methods_table() if form is Form.md else listing.as_text(packages[kind]))


@app.command()
def show(
    method: Annotated[str, typer.Argument(help='A method, as "cutmix" or "./mine.py(alpha=0.4)".')],
    dataset: Annotated[str, typer.Argument(help='A data set, as "digits" or "wine(rows=24)@my_recipe".')],
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write.")] = Path("mix.png"),
    matrix: Annotated[str, typer.Option(help="Where recipes of other names are looked up.")] = "quick",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The run whose first batch is shown.")] = 0,
    examples: Annotated[int, typer.Option(min=1, max=20, help="How many rows.")] = 4,
    data: Annotated[Path | None, typer.Option(help="Folder with data sets.")] = None,
) -> None:
    """Draw what a method does to real rows: pictures side by side with shares and labels, spectrograms,
    a table's rows as strips, adjacency matrices; at a hidden site, the rows in two dimensions."""
    from mixsuite.matrix import load_matrix
    from mixsuite.pictures import page
    from mixsuite.resolve import resolve_method, resolve_task
    from mixsuite.work import data_root

    task = resolve_task(dataset, load_matrix(matrix))
    page.show(task, resolve_method(method), data_root(data), output, seed, examples)
    typer.echo(f"written: {output}")


data_app = typer.Typer(help="The data root: what is there, fetching, checking.", no_args_is_help=False)
app.add_typer(data_app, name="data")
_Root = Annotated[
    Path | None, typer.Option("--data", help="Folder with data sets. Default: $MIXSUITE_DATA, else the user cache.")
]


@data_app.command(name="list")
def data_list(data: _Root = None) -> None:
    """Every data set: shipped inside a package, here, or missing; size, licence, source."""
    from mixsuite.store import list_items
    from mixsuite.work import data_root

    root = data_root(data)
    typer.echo(f"data root: {root}", err=True)
    for item in list_items(root):
        size = f"{item.size / 1e6:8.1f} MB" if item.size else " " * 11
        typer.echo(f"{item.name:18s} {item.state:8s} {size}  {item.licence}; {item.source}")


@data_app.command(name="get")
def data_get(
    name: Annotated[str, typer.Argument(help='A data set, as "fashion_mnist" or "tu:NCI1".')],
    data: _Root = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Unpack this .zip or .tar instead of downloading; paths inside are those of the data root."
        ),
    ] = None,
) -> None:
    """Fetch a data set through its loader, check it, and move it into the data root whole or not at all."""
    from mixsuite.progress import spinner
    from mixsuite.store import get
    from mixsuite.work import data_root

    root = data_root(None) if data is None else data
    with spinner(f"fetching {name}") as watch:
        item = get(name, root, archive, watch)
    typer.echo(f"{item.name}: {item.state}, {item.files} files, {item.size / 1e6:.1f} MB")


@data_app.command(name="verify")
def data_verify(name: Annotated[str, typer.Argument(help="A data set.")], data: _Root = None) -> None:
    """Check a data set's files against their checksums and read them. Exit status 1 if that fails."""
    from mixsuite.store import open_dataset, verify
    from mixsuite.work import data_root

    root = data_root(data)
    open_dataset(name)
    try:
        item = verify(name, root)
    except InputError as error:
        typer.echo(f"mixsuite: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{item.name}: whole, {item.files} files, {item.size / 1e6:.1f} MB; {item.note}")


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"warning: {message}", file=sys.stderr)  # noqa: T201


def main() -> None:
    """The ``mixsuite`` command: bad input is one line on stderr and exit status 2."""
    warnings.showwarning = _show_warning
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except InputError as error:
        status = _refuse(str(error))
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        status = 130
    except Exception as error:
        # typer's own usage errors: one line as well. Anything else is a defect and keeps its traceback.
        if not hasattr(error, "format_message"):
            raise
        status = _refuse(" ".join(error.format_message().split()))
    sys.exit(status or 0)


def _refuse(text: str) -> int:
    typer.echo(f"mixsuite: {text}", err=True)
    return 2
