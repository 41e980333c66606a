"""Commands that compare results over time: baseline accept, regress, track."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mixsuite.cli import options
from mixsuite.cli.options import Executor
from mixsuite.cli.runs import HISTORY

_OUT = Path("results/regress")
_BASELINE = Path("results/baseline.csv")
_Baseline = Annotated[Path, typer.Option(help="The accepted baseline, a CSV file.")]


class Report(StrEnum):
    """How a comparison is printed."""

    text = "text"
    json = "json"
    md = "md"


class Costs(StrEnum):
    """What becomes of a cost that grew too much."""

    gate = "gate"
    show = "show"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    baseline = typer.Typer(help="The accepted baseline that `mixsuite regress` compares with.")
    baseline.callback()(_nothing)
    baseline.command()(accept)
    app.add_typer(baseline, name="baseline")
    for command in (regress, track):
        app.command()(command)


def _nothing() -> None:
    pass


def accept(
    out: Annotated[Path, typer.Option(help="Results folder to accept.")] = _OUT,
    baseline: _Baseline = _BASELINE,
) -> None:
    """Write what a results folder shows as the baseline, and say what it replaces."""
    from mixsuite.regression.baseline import accept as accept_runs

    typer.echo(accept_runs(out, baseline))


def regress(
    out: Annotated[Path, typer.Option(help="Results folder to compare.")] = _OUT,
    baseline: _Baseline = _BASELINE,
    form: Annotated[Report, typer.Option("--format", help="How it is printed.")] = Report.text,
    run: Annotated[
        str | None, typer.Option(help="Train this matrix anew into --out first, and time the yardstick beside it.")
    ] = None,
    data: options.Data = None,
    device: options.DeviceOption = "auto",
    workers: options.Workers = None,
    executor: options.ExecutorOption = Executor.auto,
    timeout: options.Timeout = None,
    costs: Annotated[
        Costs,
        typer.Option(help="Whether costs that grew too much fail. A busy machine makes costs grow: show them there."),
    ] = Costs.gate,
    perf: Annotated[
        bool, typer.Option("--perf", help="Compare two JSON files of pytest-benchmark instead: --baseline, --out.")
    ] = False,
) -> None:
    """Did anything change since the accepted baseline, and is it real?

    A cell whose runs have the same digests is the same. Otherwise the first stage that differs is named (data, split,
    init, order, draws, plan, weights), and the paired differences of its primary metric decide: equal within margin,
    worse, better or undecided. Only worse and missing cells fail, and costs that grew by more than a factor of 1.5,
    measured in yardsticks. The options from --data to --timeout are for --run.

    Exit status: 0 no regression; 1 worse or missing cells, or slower; 2 cannot compare (no baseline, other data or
    recipes, too few seeds).
    """
    from mixsuite import api
    from mixsuite.cli.progress import progress_display
    from mixsuite.regression import yardstick
    from mixsuite.regression.text import as_text

    if perf:
        timings, alone = yardstick.compare_benchmarks(baseline, out)
        typer.echo(yardstick.timings_text(timings, alone))
        raise typer.Exit(int(any(timing.slower for timing in timings)))
    with progress_display() as watch:
        result = api.regress(
            out, baseline, matrix=run, data=data, device=device, workers=workers, executor=executor.value,
            timeout=timeout, costs=costs.value, watch=watch,
        )  # fmt: skip
    typer.echo(as_text(result, form.value))
    raise typer.Exit(result.status)


def track(
    out: Annotated[Path, typer.Option(help="Results folder.")] = _OUT,
    history: Annotated[Path, typer.Option(help="The history.")] = HISTORY,
) -> None:
    """Add a row for each cell to the history: commit, date, seeds, mean and 95 % interval."""
    from mixsuite.regression.history import track as track_cells

    typer.echo(f"{history}: {track_cells(out, history)} cells tracked")
