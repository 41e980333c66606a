"""The options that several commands share, with their help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Executor(StrEnum):
    """How runs are trained."""

    auto = "auto"
    loop = "loop"
    lockstep = "lockstep"


class TableFormat(StrEnum):
    """How tables are printed."""

    text = "text"
    md = "md"


Datasets = Annotated[
    str | None,
    typer.Option(
        help='Datasets: the matrix\'s entries of a name ("wine"), or further ones ("wine(rows=60)@my_recipe").'
    ),
]
Seeds = Annotated[str | None, typer.Option(help="Seeds, as 0-9 or 0,2,4. Default: the matrix's.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Folder with data sets. Default: $MIXSUITE_DATA, else the user cache.")
]
DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda|cuda:N,N", help="Where to train. cuda:0,1 trains on these cards, one process each."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes, one thread each. Default: one per core; one on each GPU."),
]
ExecutorOption = Annotated[Executor, typer.Option(help="How runs are trained.")]
Until = Annotated[
    str | None,
    typer.Option(help="decided: add seeds until every comparison is decided, at looks declared beforehand."),
]
MaxSeeds = Annotated[
    int | None, typer.Option("--max-seeds", help="Seeds at the last look. Default: three times the matrix's.")
]
Timeout = Annotated[float | None, typer.Option(min=0.01, help="Seconds a run may take.")]
StopAfter = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="Seconds after which nothing new begins and trainings stop at their next checkpoint; call again to go on.",
    ),
]
Format = Annotated[TableFormat, typer.Option("--format", help="How tables are printed: plain, or Markdown.")]
Wide = Annotated[bool, typer.Option("--wide", help="Every column, in full.")]
