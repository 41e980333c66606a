"""Commands that train a matrix and show its tables: run, leaderboard, power."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixsuite.cli import options
from mixsuite.cli.options import Executor, TableFormat
from mixsuite.errors import InputError

if TYPE_CHECKING:
    from mixsuite.report.leaderboard import Report

HISTORY = Path("results/history.csv")


class Rerun(StrEnum):
    """What is trained."""

    missing = "missing"
    failed = "failed"
    always = "always"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (run, leaderboard, power):
        app.command()(command)


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
    datasets: options.Datasets = None,
    seeds: options.Seeds = None,
    out: Annotated[Path | None, typer.Option(help="Results folder. Default: results/<matrix name>/.")] = None,
    data: options.Data = None,
    device: options.DeviceOption = "auto",
    workers: options.Workers = None,
    executor: options.ExecutorOption = Executor.auto,
    rerun: Annotated[
        Rerun, typer.Option(help="What to train: what is missing; also what failed; or everything.")
    ] = Rerun.missing,
    accept_old: Annotated[bool, typer.Option("--accept-old", help="Take results of former code as done.")] = False,
    timeout: options.Timeout = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be trained, and about how long; write nothing.")
    ] = False,
    save_predictions: Annotated[
        bool, typer.Option("--save-predictions", help="Keep each run's test outputs in <out>/predictions/.")
    ] = False,
    save_weights: Annotated[
        bool, typer.Option("--save-weights", help="Keep each run's trained weights in <out>/weights/.")
    ] = False,
    until: options.Until = None,
    max_seeds: options.MaxSeeds = None,
    stop_after: options.StopAfter = None,
    wide: options.Wide = False,
) -> None:
    """Train a matrix of methods x datasets x seeds, write its leaderboards, and print what was asked for.

    Runs that have a record already are not trained again, so a stopped call goes on where it was. The results folder
    holds records/ and matrix.toml (the sources) and what is rebuilt from them: runs.csv, leaderboard.csv, leaderboard/,
    equal_compute.csv.

    Exit status: 0 all cells are ok or skipped; 1 a failed run stands; 2 bad input; 130 interrupted, or its time is up.
    """
    from mixsuite import api
    from mixsuite.cli.progress import duration, progress_display

    arguments: dict[str, Any] = {
        "methods": methods, "datasets": datasets, "seeds": seeds, "out": out, "data": data, "device": device,
        "workers": workers, "executor": executor.value, "rerun": rerun.value, "accept_old": accept_old,
        "timeout": timeout, "save_predictions": save_predictions, "save_weights": save_weights,
    }  # fmt: skip
    if dry_run and until:
        raise InputError("--dry-run: how many runs --until decided takes shows as it goes; without it, see --seeds")
    if dry_run:
        would = api.dry_run(matrix, **arguments)
        for (task, method), count in would.cells.items():
            typer.echo(f"{count:4d}  {task}  {method}")
        about = f", about {duration(would.seconds)}" if would.runs else ""
        typer.echo(f"{would.runs} of {would.total} runs to train{about}")
        return
    with progress_display() as watch:
        report = api.run(matrix, **arguments, until=until, max_seeds=max_seeds, stop_after=stop_after, watch=watch)
    raise typer.Exit(_show(report, TableFormat.text, wide))


def _show(report: Report, form: TableFormat, wide: bool) -> int:
    """Print a folder's tables, and return the exit status."""
    from mixsuite.report.text import report_text

    out = report.out
    typer.echo(report_text(report, form.value, wide))
    typer.echo(
        f"\nwritten: {out}/leaderboard.csv, {out}/leaderboard/, {out}/equal_compute.csv, {out}/runs.csv", err=True
    )
    return 0 if report.complete else 1


def leaderboard(
    out: Annotated[Path, typer.Option(help="Results folder.")] = Path("results/quick"),
    form: options.Format = TableFormat.text,
    wide: options.Wide = False,
    history: Annotated[Path, typer.Option(help="The history that `mixsuite track` keeps.")] = HISTORY,
) -> None:
    """Rebuild every derived file of a results folder from its records, and print the tables.

    Tasks that the history has at two or more commits also get a picture of their methods over time,
    <out>/trend/<task>.png, and each step in it is named.

    Exit status: 0 all cells are ok or skipped; 1 a failed or missing run; 2 bad input.
    """
    from mixsuite import api
    from mixsuite.regression.trend import draw_trends

    status = _show(api.leaderboard(out), form, wide)
    for line in draw_trends(out, history):
        typer.echo(line)
    raise typer.Exit(status)


class Question(StrEnum):
    """What seeds are to answer."""

    better = "better"
    tie = "tie"
    converged = "converged"


def power(
    effect: Annotated[
        float | None,
        typer.Option(help="The true difference: in error (0.01 is one point in a hundred); RMSE: a share. tie: 0."),
    ] = None,
    question: Annotated[
        Question, typer.Option(help="Is a difference found, is a tie called one, has a comparison converged?")
    ] = Question.better,
    matrix: Annotated[str, typer.Option(help="Whose results: those in results/<matrix>/.")] = "quick",
    out: Annotated[Path | None, typer.Option(help="Results folder, where it is another one.")] = None,
) -> None:
    """Compute how many seeds a question takes, for each task, from the spread of the runs that are recorded.

    They are seeds of before, as of a first look or of tuning; what they say is about the seeds to come.
    "sd" is the standard deviation of the paired differences from the reference, the median over methods;
    "seeds" answers the question with 80 % power: better finds the effect at a table's level (sign-flip test,
    0.05 shared by Holm among its methods), tie calls it equal, converged says "yes" of what does not move.
    "seconds" is what so many runs of a method and the reference took, one at a time. "sd_largest", "seeds_largest"
    and "seconds_largest" are those of the method that varies most.
    """
    from mixsuite.api import need_results
    from mixsuite.report.power import seeds_needed
    from mixsuite.report.text import table_lines
    from mixsuite.results.reading import load_results

    if question is Question.better and effect is None:
        raise InputError("--effect: the difference to be found is needed, as in 0.01")
    least = 1e-6 if question is Question.better else 0.0
    if effect is not None and not least <= effect < 1:
        raise InputError(f"--effect {effect}: allowed is a number from {least:g} to below 1")
    folder = out or Path("results") / matrix
    need_results(folder)
    results = load_results(folder)
    table = seeds_needed(results, effect or 0.0, question.value)
    typer.echo("\n".join(table_lines(table, list(table.columns))))
