"""The command that tests what the papers claim."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mixsuite.cli import options
from mixsuite.cli.options import Executor, TableFormat


class Scale(StrEnum):
    """The size of the studies."""

    quick = "quick"
    full = "full"


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(claims)


def claims(
    only: Annotated[str | None, typer.Option(help="Studies instead of all: names, with commas between.")] = None,
    scale: Annotated[Scale, typer.Option(help="quick: two cores; full: the papers' own sizes.")] = Scale.quick,
    out: Annotated[
        Path, typer.Option(help="Results folder: a folder a study; the table is beside it, <out>.csv.")
    ] = Path("results/claims"),
    data: options.Data = None,
    device: options.DeviceOption = "auto",
    workers: options.Workers = None,
    executor: options.ExecutorOption = Executor.auto,
    timeout: options.Timeout = None,
    stop_after: options.StopAfter = None,
    form: Annotated[
        TableFormat, typer.Option("--format", help="md: the conclusions as a Markdown table.")
    ] = TableFormat.text,
) -> None:
    """Test what the papers on mixup claim: each claim is a study with rules fixed beforehand, and a conclusion.

    The conclusion is "supported" if every rule supports the claim, "contradicted" if one contradicts it, "no difference
    seen" if every one shows that there is none beyond its margin, "not tested in the claim's regime" where a
    precondition is not known to be met, "not run", else "not decided". Runs that have a record already are not trained
    again. Data sets that are missing from the data root are named.

    Exit status: 0 every sub-test was run; 1 some were not; 2 bad input; 130 interrupted.
    """
    from mixsuite import api
    from mixsuite.claims.run import as_markdown, as_text, frame, published_path, table_path
    from mixsuite.cli.progress import progress_display

    with progress_display() as watch:
        findings = api.claims(
            only, scale=scale.value, out=out, data=data, device=device, workers=workers,
            executor=executor.value, timeout=timeout, stop_after=stop_after, watch=watch,
        )  # fmt: skip
    typer.echo(as_text(findings) if form is TableFormat.text else as_markdown(frame(findings)))
    typer.echo(f"\nwritten: {table_path(out)}, {published_path(out)}, {out}/<study>/claim.png", err=True)
    raise typer.Exit(int(any(test.outcome.startswith("not run") for finding in findings for test in finding.tests)))
