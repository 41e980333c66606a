"""Commands that choose settings on training rows alone: tune, lengths."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mixsuite.cli import options


class Sampler(StrEnum):
    """What proposes the candidates."""

    tpe = "tpe"
    random = "random"
    grid = "grid"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (tune, lengths):
        app.command()(command)


def tune(
    matrix: Annotated[
        str,
        typer.Argument(help="A matrix: a name in ./benchmarks (or shipped with mixsuite), or a path ending in .toml."),
    ],
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="Compute of one search, in trainings of the reference. Default: the matrix's, or 20.",
        ),
    ] = None,
    sampler: Annotated[
        Sampler | None, typer.Option(help="What proposes the candidates. Default: the matrix's, or tpe.")
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Methods instead of the matrix's; the reference is added.")
    ] = None,
    datasets: options.Datasets = None,
    seeds: options.Seeds = None,
    out: Annotated[Path | None, typer.Option(help="Results folder. Default: results/tune/<matrix name>/.")] = None,
    data: options.Data = None,
    device: options.DeviceOption = "auto",
    workers: options.Workers = None,
    timeout: options.Timeout = None,
) -> None:
    """Tune every method of a matrix with the same compute, and set its default and its tuned results side by side.

    Each run has a search of its own, whose candidates are trained and scored on training rows of that run alone: its
    test rows choose nothing. Runs that have a record already are not trained again, so a stopped call goes on where it
    was. The results folder holds records/ and matrix.toml, and tuned.csv and tuned.toml, which are made from them.

    Exit status: 0 all cells are ok or skipped; 1 a failed run stands; 2 bad input; 130 interrupted.
    """
    from mixsuite import api
    from mixsuite.cli.progress import progress_display
    from mixsuite.tuning.report import report_text

    with progress_display() as watch:
        report = api.tune(
            matrix, trials=trials, sampler=sampler.value if sampler else None, methods=methods, datasets=datasets,
            seeds=seeds, out=out, data=data, device=device, workers=workers, timeout=timeout, watch=watch,
        )  # fmt: skip
    typer.echo(report_text(report))
    typer.echo(f"\nwritten: {report.out}/tuned.csv, {report.out}/tuned.toml", err=True)
    raise typer.Exit(0 if report.complete else 1)


def lengths(
    matrix: Annotated[
        str,
        typer.Argument(help="A matrix: a name in ./benchmarks (or shipped with mixsuite), or a path ending in .toml."),
    ],
    grid: Annotated[str, typer.Option(help="Multiples of the recipes' own lengths.")] = "1,2,4,8,16",
    methods: Annotated[
        str, typer.Option(help="Those whose comparisons must have converged; the reference is added.")
    ] = "erm,mixup",
    datasets: options.Datasets = None,
    seeds: options.Seeds = None,
    out: Annotated[Path | None, typer.Option(help="Results folder. Default: results/lengths/<matrix name>/.")] = None,
    data: options.Data = None,
    device: options.DeviceOption = "auto",
    workers: options.Workers = None,
    timeout: options.Timeout = None,
) -> None:
    """Choose the length of each task's training: the shortest at which its comparisons have converged.

    Lengths are tried from the shortest on, each held against the next one of the grid. Runs are scored on inner splits
    of their training rows; no test row has a say. lengths.csv has what was seen, recipes.toml the recipes at the chosen
    lengths.

    Exit status: 0 a length was chosen for every task; 1 for some none of the grid has converged; 2 bad input;
    130 interrupted.
    """
    from mixsuite import api
    from mixsuite.cli.progress import progress_display
    from mixsuite.tuning.lengths import report_text

    with progress_display() as watch:
        report = api.lengths(
            matrix, grid=grid, methods=methods, datasets=datasets, seeds=seeds, out=out, data=data,
            device=device, workers=workers, timeout=timeout, watch=watch,
        )  # fmt: skip
    typer.echo(report_text(report))
    typer.echo(f"\nwritten: {report.out}/lengths.csv, {report.out}/recipes.toml", err=True)
    raise typer.Exit(0 if all(report.chosen.values()) else 1)
