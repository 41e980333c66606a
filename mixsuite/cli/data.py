"""Commands about data sets: data list, data get, data verify, data suite."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from mixsuite.cli import options
from mixsuite.errors import InputError, printable


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    data = typer.Typer(help="The data root: what is there, fetching, checking.", no_args_is_help=False)
    for name, command in (("list", data_list), ("get", data_get), ("verify", data_verify), ("suite", data_suite)):
        data.command(name=name)(command)
    app.add_typer(data, name="data")


def data_list(data: options.Data = None) -> None:
    """List every data set: shipped inside a package, here, or missing; with size, licence and source."""
    from mixsuite.results.data_root import data_root
    from mixsuite.results.store import list_items

    root = data_root(data)
    typer.echo(f"data root: {root}", err=True)
    for item in list_items(root):
        size = f"{item.size / 1e6:8.1f} MB" if item.size else " " * 11
        typer.echo(f"{item.name:18s} {item.state:8s} {size}  {item.licence}; {item.source}")


def data_get(
    name: Annotated[str, typer.Argument(help='A data set, as "fashion_mnist" or "tu:NCI1".')],
    data: options.Data = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Unpack this .zip or .tar instead of downloading; paths inside are those of the data root."
        ),
    ] = None,
) -> None:
    """Fetch a data set through its loader, check it, and move it into the data root whole or not at all."""
    from mixsuite.cli.progress import spinner
    from mixsuite.results.data_root import data_root
    from mixsuite.results.store import get

    root = data_root(None) if data is None else data
    with spinner(f"fetching {name}") as watch:
        item = get(name, root, archive, watch)
    typer.echo(f"{item.name}: {item.state}, {item.files} files, {item.size / 1e6:.1f} MB")


def data_verify(
    name: Annotated[str, typer.Argument(help="A data set.")],
    data: options.Data = None,
    matrix: Annotated[str, typer.Option(help="Where recipes of other names are looked up.")] = "quick",
) -> None:
    """Check a data set's files against their checksums and read them. Exit status 1 if that fails."""
    from mixsuite.results.data_root import data_root
    from mixsuite.results.store import open_dataset, verify

    root = data_root(data)
    open_dataset(name)
    try:
        item = verify(name, root, matrix)
    except InputError as error:
        typer.echo(f"mixsuite: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{item.name}: whole, {item.files} files, {item.size / 1e6:.1f} MB; {printable(item.note)}")


def data_suite(
    name: Annotated[str, typer.Argument(help='A suite of OpenML by its number, as "openml-suite:99".')],
    out: Annotated[Path | None, typer.Option(help="The matrix file. Default: openml_suite_NUMBER.toml here.")] = None,
) -> None:
    """Write a matrix of all tables of an OpenML suite; it asks openml.org what they are."""
    from mixsuite.results import suites

    found = re.fullmatch(r"openml-suite:([1-9][0-9]{0,8})", name)
    if found is None:
        raise InputError(f"'{name}': a suite is written openml-suite:NUMBER, as openml-suite:99")
    path = out or Path(f"openml_suite_{found[1]}.toml")
    suite = suites.write_suite(int(found[1]), path, suites.ask_openml)
    typer.echo(f"{path}: {len(suite.tables)} tables ({printable(suite.name)})")
    typer.echo(
        f"fetch each, as: mixsuite data get {suite.tables[0].entry.partition('(')[0]}; then: mixsuite run {path}"
    )
