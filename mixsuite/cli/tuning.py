"""The command that tunes methods with the same compute."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mixsuite.cli import options
from mixsuite.cli.options import Device


class Sampler(StrEnum):
    """What proposes the candidates."""

    tpe = "tpe"
    random = "random"
    grid = "grid"


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(tune)


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
    device: options.DeviceOption = Device.auto,
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
            seeds=seeds, out=out, data=data, device=device.value, workers=workers, timeout=timeout, watch=watch,
        )  # fmt: skip
    typer.echo(report_text(report))
    typer.echo(f"\nwritten: {report.out}/tuned.csv, {report.out}/tuned.toml", err=True)
    raise typer.Exit(0 if report.complete else 1)
