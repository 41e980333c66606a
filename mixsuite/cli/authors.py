"""Commands for authors of plugins: check, compare, show, list, and those that write start files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mixsuite.cli import options
from mixsuite.cli.options import Executor, TableFormat
from mixsuite.errors import InputError


class ShortFormat(StrEnum):
    """How a comparison is printed."""

    text = "text"
    md = "md"
    latex = "latex"


class Listed(StrEnum):
    """What can be listed."""

    methods = "methods"
    datasets = "datasets"
    models = "models"
    probes = "probes"
    metrics = "metrics"
    optimizers = "optimizers"
    schedules = "schedules"
    augmentations = "augmentations"
    matrices = "matrices"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(check)
    app.command()(compare)
    app.command(name="new-method")(new_method)
    app.command(name="new-dataset")(new_dataset)
    app.command(name="new-model")(new_model)
    app.command(name="new-metric")(new_metric)
    app.command(name="new-optimizer")(new_optimizer)
    app.command(name="new-schedule")(new_schedule)
    app.command(name="new-augmentation")(new_augmentation)
    app.command(name="list")(list_)
    app.command()(show)


def check(
    plugin: Annotated[
        str,
        typer.Argument(
            help='A method, as "mixup" or "./mine.py(alpha=0.4)", a model, a metric, an optimiser or an augmentation.'
        ),
    ],
    everything: Annotated[bool, typer.Option("--all", help="Also what is as it should be.")] = False,
    domains: Annotated[str | None, typer.Option(help="Try these alone, as images,tabular.")] = None,
) -> None:
    """Try a plugin on made-up rows of every kind to which it applies.

    Is a method's plan valid, does the target follow the signal, does it draw from its seed alone, leave its input
    unchanged, run in half precision, ...? Do a model's weights depend on the seed alone, does it treat each row alone,
    can it be mixed at its sites, ...? Is a metric's direction as declared, is its optimum reached, ...? Does an
    optimiser follow the schedule, an augmentation its seed, ...? Each problem says what was tried, expected and seen,
    and where.

    Exit status: 0 no problem; 1 a problem; 2 no such plugin, or a file that cannot be read.
    """
    from mixsuite.plugins.entry import split_list
    from mixsuite.testing import check as check_plugin
    from mixsuite.testing import grouped, problems

    named = None if domains is None else split_list(domains)
    findings = grouped(check_plugin(plugin, domains=named))
    for finding in findings:
        if everything or finding.status != "ok":
            typer.echo(str(finding))
    words = {"problem": "problems", "note": "to note", "ok": "ok"}
    counts = {status: sum(f.status == status for f in findings) for status in words}
    typer.echo(f"{plugin}: " + ", ".join(f"{counts[status]} {word}" for status, word in words.items()))
    raise typer.Exit(1 if problems(findings) else 0)


def compare(
    variant: Annotated[str, typer.Argument(help='The method in question, as "./mine.py(alpha=0.4)".')],
    against: Annotated[str, typer.Option(help="What it is compared with; each is a table of its own.")] = "mixup,erm",
    matrix: Annotated[str, typer.Option(help="The tasks: a matrix by name or path.")] = "quick",
    datasets: options.Datasets = None,
    seeds: options.Seeds = None,
    out: Annotated[Path | None, typer.Option(help="Default: results/compare/<variant>/.")] = None,
    data: options.Data = None,
    device: options.DeviceOption = "auto",
    workers: options.Workers = None,
    executor: options.ExecutorOption = Executor.auto,
    timeout: options.Timeout = None,
    stop_after: options.StopAfter = None,
    lengths: Annotated[
        str | None, typer.Option(help="Train all for so many times as long too, as 2: has the comparison converged?")
    ] = None,
    until: options.Until = None,
    max_seeds: options.MaxSeeds = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Repeat an earlier comparison on fresh seeds and data sets.")
    ] = False,
    skip_check: Annotated[bool, typer.Option("--skip-check", help="Do not check the variant first.")] = False,
    reuse: Annotated[
        list[Path] | None, typer.Option(help="A further results folder whose runs are reused; may be given again.")
    ] = None,
    form: Annotated[ShortFormat, typer.Option("--format", help="md, latex: for a paper.")] = ShortFormat.text,
    wide: options.Wide = False,
) -> None:
    """Is a variant better, where, by how much, and at what cost? Check it, train what is missing, and compare.

    The references train where the variant applies alone, and their runs are reused from results/<matrix>/. A variant
    that costs more than the first reference is also compared with that reference trained for longer and on larger
    batches. Every number stands in against-*.csv.

    Exit status: 0 done; 1 the check found a problem, or a run failed; 2 bad input; 130 interrupted.
    """
    from mixsuite import api
    from mixsuite.cli.progress import progress_display
    from mixsuite.report.comparison import SHOWN
    from mixsuite.report.short import as_text
    from mixsuite.report.text import table_lines

    def check_it() -> None:
        from mixsuite.testing import check as check_method
        from mixsuite.testing import grouped, problems

        wrong = [] if skip_check else grouped(problems(check_method(variant)))
        for finding in wrong:
            typer.echo(str(finding))
        if wrong:
            typer.echo(f"{variant}: {len(wrong)} problems; mend them, or give --skip-check", err=True)
            raise typer.Exit(1)

    with progress_display() as watch:
        report = api.compare(
            variant, against, matrix=matrix, datasets=datasets, seeds=seeds, out=out, data=data,
            device=device, workers=workers, executor=executor.value, timeout=timeout,
            stop_after=stop_after, lengths=lengths, until=until, max_seeds=max_seeds, confirm=confirm,
            reuse=reuse or (), watch=watch, at_start=check_it,
        )  # fmt: skip
    for place, table in enumerate(report.all):
        if place == len(report.comparisons):
            start = "% " if form is ShortFormat.latex else ""
            typer.echo(f"{start}At equal compute: {report.comparisons[0].reference} trained on as many rows\n")
        if wide:
            typer.echo("\n".join([table.line, *table_lines(table.table, SHOWN), *table.reasons, ""]))
        else:
            typer.echo(as_text(table, form.value) + "\n")
    for note in report.notes:
        typer.echo(f"{'% ' if form is ShortFormat.latex else ''}note: {note}")
    typer.echo(f"written: {report.out}/against-*.csv", err=True)
    raise typer.Exit(int(report.failed))


def _write_start_file(kinds: str, name: str, then: str) -> None:
    """Write a start file, and say what to do with it; in ``then`` {path} stands for the file."""
    from mixsuite.plugins.load import kind_named
    from mixsuite.templates import new_file

    path = new_file(kind_named(kinds), name, Path())
    typer.echo(f"written: {path}; {then.format(path=path)}")


def new_method(
    name: Annotated[str, typer.Argument(help="The method's name, as in my_mixup: the file will be my_mixup.py.")],
) -> None:
    """Write a commented start file for a method into this folder; it passes `mixsuite check` as it stands."""
    _write_start_file("methods", name, "try it: mixsuite check ./{path}")


def new_dataset(
    name: Annotated[str, typer.Argument(help="The data set's name, as in my_rows: the file will be my_rows.py.")],
) -> None:
    """Write a commented start file for a data set into this folder; it can be trained on as it stands."""
    _write_start_file("datasets", name, "try it: mixsuite data verify ./{path}")


def new_model(
    name: Annotated[str, typer.Argument(help="The model's name, as in my_net: the file will be my_net.py.")],
) -> None:
    """Write a commented start file for a model into this folder; it can be trained as it stands."""
    _write_start_file("models", name, 'try it: mixsuite check ./{path}; in a recipe: model = "./{path}"')


def new_metric(
    name: Annotated[str, typer.Argument(help="The metric's name, as in my_score: the file will be my_score.py.")],
) -> None:
    """Write a commented start file for a metric into this folder; it passes `mixsuite check` as it stands."""
    _write_start_file("metrics", name, 'try it: mixsuite check ./{path}; in a matrix: metrics = ["./{path}"]')


def new_optimizer(
    name: Annotated[str, typer.Argument(help="The optimiser's name, as in my_sam: the file will be my_sam.py.")],
) -> None:
    """Write a commented start file for an optimiser into this folder; it passes `mixsuite check` as it stands."""
    _write_start_file("optimizers", name, 'try it: mixsuite check ./{path}; in a recipe: optimizer = "./{path}"')


def new_schedule(
    name: Annotated[str, typer.Argument(help="The schedule's name, as in my_fall: the file will be my_fall.py.")],
) -> None:
    """Write a commented start file for a schedule into this folder; it can be used as it stands."""
    _write_start_file("schedules", name, 'in a recipe: schedule = "./{path}"')


def new_augmentation(
    name: Annotated[str, typer.Argument(help="The augmentation's name, as in my_noise: the file will be my_noise.py.")],
) -> None:
    """Write a commented start file for an augmentation into this folder; it passes `mixsuite check` as it stands."""
    _write_start_file("augmentations", name, 'try it: mixsuite check ./{path}; in a recipe: augment = "./{path}"')


def list_(
    kind: Annotated[Listed, typer.Argument(help="What to list.")],
    form: Annotated[TableFormat, typer.Option("--format", help="md: methods as a Markdown table.")] = TableFormat.text,
) -> None:
    """List what there is: methods, data sets, models, optimisers, ... with their parameters, or matrices.

    Of methods it shows how they pair rows, the law of lambda, whether lambda is drawn per batch or per row, the site,
    the label, rows per step and domains.
    """
    from mixsuite.plugins import listing
    from mixsuite.plugins.load import kind_named

    if form is TableFormat.md and kind is not Listed.methods:
        raise InputError(f"--format md: for methods, not for {kind.value}")
    if kind is Listed.matrices:
        from mixsuite.experiment.matrix import matrix_names

        typer.echo("\n".join(matrix_names()))
    else:
        typer.echo(listing.methods_table() if form is TableFormat.md else listing.as_text(kind_named(kind.value)))


def show(
    method: Annotated[str, typer.Argument(help='A method, as "cutmix" or "./mine.py(alpha=0.4)".')],
    dataset: Annotated[str, typer.Argument(help='A data set, as "digits" or "wine(rows=24)@my_recipe".')],
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write.")] = Path("mix.png"),
    matrix: Annotated[str, typer.Option(help="Where recipes of other names are looked up.")] = "quick",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The run whose first batch is shown.")] = 0,
    examples: Annotated[int, typer.Option(min=1, max=20, help="How many rows.")] = 4,
    data: options.Data = None,
) -> None:
    """Draw what a method does to real rows.

    Rows are drawn side by side with shares and labels: pictures, spectrograms, a table's rows as strips, adjacency
    matrices. At a hidden site the rows are drawn in two dimensions.
    """
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.experiment.resolve import resolve_method, resolve_task
    from mixsuite.plots import page
    from mixsuite.results.data_root import data_root

    if not output.name:
        raise InputError(f"-o '{output}': name the PNG to write, as in mix.png")
    task = resolve_task(dataset, load_matrix(matrix))
    page.show(task, resolve_method(method), data_root(data), output, seed, examples)
    typer.echo(f"written: {output}")
