"""The pages are true: every code block runs, generated tables are the tool's, links lead somewhere.

A page is README.md, CONTRIBUTING.md or a file of docs/. Its blocks run in order, in an empty folder:

- python: runs. One that begins with ``# name.py`` is written under that name first.
- toml, yaml, json: is loaded as what it is: a matrix, a study, recipes, entry points, a workflow, a record.
- sh: mixsuite commands run; others are looked up.
- text: is what the block before it printed, ``...`` standing for anything.

A block under ``<!-- not run: WHY -->`` is checked by its shape: its commands and options exist.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from mixsuite.claims.run import COLUMNS as CLAIM_COLUMNS
from mixsuite.claims.study import read_study
from mixsuite.cli import app
from mixsuite.experiment.matrix import Matrix, load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.mixing import Batch, Method, Plan
from mixsuite.plugins.kinds import (
    DATASET,
    DOMAIN,
    KINDS,
    METHOD,
    METRIC,
    MODEL,
    OPTIMIZER,
    PROBE,
    SCHEDULE,
    builtin_files,
)
from mixsuite.plugins.validate import check_model
from mixsuite.report import comparison, equal_compute, leaderboard, overall, task
from mixsuite.results.reading import COSTS, load_results
from mixsuite.results.record import parse_record
from mixsuite.training.recipe import Recipe, shipped_recipes

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
BLOCK = re.compile(r"(?:^<!-- not run: (?P<why>.+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
NAMED = re.compile(r"# (?P<name>\w+\.\w+)(,[^\n]*)?\n")
EXPECTED_STATUS = re.compile(r"# exits with (\d+)")
LONG = ("README.md", "your-own-loop.md", "quickstart.md")  # pages that take more than 15 seconds on a busy machine
LOOKED_UP = {"make", "mixsuite", "source"}  # first words of sh lines
TABLES = SimpleNamespace(**runpy.run_path(str(DOCS / "tables.py")))


@dataclass(frozen=True)
class Block:
    """A fenced block. why: why it is not run; None where it is."""

    language: str
    text: str
    why: str | None

    @property
    def name(self) -> str | None:
        """The file that it is, if it says so in its first line."""
        named = NAMED.match(self.text)
        return named["name"] if named else None

    def commands(self) -> Iterator[tuple[list[str], int]]:
        """Words and the wanted exit status of each line of an sh block."""
        for line in self.text.splitlines():
            wanted = EXPECTED_STATUS.search(line)
            words = shlex.split(line, comments=True)
            if words:
                yield words, int(wanted[1]) if wanted else 0


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    return [Block(m["language"], m["text"], m["why"]) for m in BLOCK.finditer(text_of(page))]


def pages(*languages: str) -> list[Any]:
    """The pages that have a block of a language."""
    found = [page for page in PAGES if any(block.language in languages for block in blocks(page))]
    return [pytest.param(page, id=page.name, marks=[pytest.mark.long] * (page.name in LONG)) for page in found]


def parse_command(words: list[str]) -> None:
    """Refuse a mixsuite command with a name, option or argument that does not exist."""
    command: Any = typer.main.get_command(app)
    context = None
    while hasattr(command, "commands"):
        assert words[1] in command.commands, words
        words, command = words[1:], command.commands[words[1]]
    context = command.make_context(words[0], words[1:])  # raises where an option does not exist
    context.close()


def look_up(words: list[str]) -> None:
    """Check a command by its shape."""
    assert words[0] in LOOKED_UP, f"{words}: nothing here tests such a command"
    if words[0] == "make":
        targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.M))
        for word in words[1:]:
            assert word in targets or re.fullmatch(r"(PYTHONS?|COSTS)=\S+", word), words
    elif words[0] == "mixsuite":
        parse_command(words)
    else:
        assert words[1:] == [".venv/bin/activate"]


def load_toml(block: Block, folder: Path) -> None:
    """Load a toml block as what it is."""
    values = tomllib.loads(block.text)
    path = folder / (block.name or "block.toml")
    path.write_text(block.text, encoding="utf-8")
    if "claim" in values:
        read_study(path)
    elif "datasets" in values:
        resolve(load_matrix(str(path)))
    elif "project" in values:
        assert set(values["project"]["entry-points"]) <= {kind.group for kind in KINDS}
    else:
        assert set(values) == {"recipes"}
        for name, recipe in values["recipes"].items():
            check_model(Recipe, recipe, name)


def check_workflow(block: Block) -> None:
    """A GitHub workflow calls targets and commands that exist."""
    import yaml

    for job in yaml.safe_load(block.text)["jobs"].values():
        for step in job["steps"]:
            for line in step.get("run", "").splitlines():
                words = shlex.split(line.partition(">")[0].strip())
                if words[0] == ".venv/bin/mixsuite":
                    parse_command(words)
                elif words[0] == "make":
                    look_up(words)


def assert_printed(expected: str, printed: str) -> None:
    """Every expected line stands in what was printed, in this order; ``...`` is anything."""
    lines = iter(printed.splitlines())
    for wanted in filter(None, map(str.strip, expected.splitlines())):
        pattern = re.compile(re.escape(wanted).replace(r"\.\.\.", ".*"))
        assert any(pattern.fullmatch(line.strip()) for line in lines), f"not printed: {wanted}\n--- printed:\n{printed}"


@pytest.mark.parametrize("page", pages("sh", "python", "toml", "yaml", "json", "text"))
@pytest.mark.slow
def test_every_block_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, mixsuite: Callable[..., Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})  # one worker
    printed = ""
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if block.why is not None:
            assert block.language == "sh", f"{page.name}: only commands may be left out"
        if block.language == "text":
            assert_printed(block.text, printed)
            continue
        printed = ""
        if block.language == "python":
            capfd.readouterr()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # those of other libraries
                if block.name:
                    Path(block.name).write_text(block.text, encoding="utf-8")
                    runpy.run_path(block.name, run_name="__main__")
                else:
                    exec(compile(block.text, f"{page.name}: {block.text[:40]!r}", "exec"), names)
            printed = capfd.readouterr().out
        elif block.language == "toml":
            load_toml(block, tmp_path)
        elif block.language == "yaml":
            check_workflow(block)
        elif block.language == "json":
            parse_record(json.dumps(json.loads(block.text)), page.name)
        else:
            assert block.language == "sh", f"{page.name}: nothing here tests {block.language} blocks"
            for words, status in block.commands():
                look_up(words)
                if block.why is None and words[0] == "mixsuite":
                    ended = mixsuite(*words[1:])
                    assert ended.status == status, (words, ended.out, ended.err)
                    printed += ended.out + ended.err


def test_every_fence_is_a_block_that_is_tested() -> None:
    for page in PAGES:
        assert 2 * len(blocks(page)) == len(re.findall(r"^ *```", text_of(page), re.M)), page.name


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for line in ("mixsuite runn quick", "mixsuite run quick --seedz 1", "mixsuite data fetch x", "make benhc", "rm x"):
        with pytest.raises(Exception, match=r"."):  # typer's own errors are no builtin ones
            look_up(shlex.split(line))


def test_an_output_that_is_not_there_is_noticed() -> None:
    assert_printed("a ... c\nd\n", "x\na b c\nd\n")
    with pytest.raises(AssertionError, match="not printed: e"):
        assert_printed("e\n", "a\n")


@pytest.mark.parametrize("page", TABLES.pages(), ids=lambda page: page.name)
def test_generated_tables_are_the_tools(page: Path) -> None:
    """If this fails, call: python docs/tables.py"""
    assert text_of(page) == TABLES.written_anew(text_of(page))


def test_every_generated_table_stands_somewhere() -> None:
    used = {found["name"] for page in TABLES.pages() for found in TABLES.MARKED.finditer(text_of(page))}
    assert used == set(TABLES.TABLES)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert ROOT in there.parents
        if anchor:
            assert anchor in anchors(there), target


def test_every_page_is_linked_from_the_readme() -> None:
    readme = text_of(ROOT / "README.md")
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"docs/{page.name}" not in readme] == []


def test_the_readme_is_short_and_its_method_too() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 150
    (method,) = (block for block in blocks(ROOT / "README.md") if block.name == "intra_mix.py")
    assert len(method.text.splitlines()) <= 25
    (loop,) = (block for block in blocks(ROOT / "README.md") if "Mixer(" in block.text)
    body = loop.text.partition("\n\n")[2]
    assert len(body.splitlines()) <= 10


def quoted(page: str) -> set[str]:
    """The words between backquotes in the first column of a page's tables."""
    rows = [line.split("|")[1] for line in text_of(DOCS / page).splitlines() if line.startswith("| ")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_every_column_and_metric_is_documented() -> None:
    columns = {*task.COLUMNS, *overall.COLUMNS, *equal_compute.COLUMNS, *comparison.COLUMNS, *leaderboard.RUN_COLUMNS}
    references = [ROOT / "results" / "reference" / name for name in ("quick", "staged", "methods")]
    cells = [cell for folder in references for cell in load_results(folder).cells.values()]
    metrics = {name.split("@")[0] for cell in cells for outcome in cell.values() for name in outcome.metrics}
    assert len(metrics) >= 8
    assert {*columns, *metrics, *COSTS} - quoted("read-the-results.md") == set()
    assert {"outcome", "effect", "control", "verdict"} <= set(CLAIM_COLUMNS)


def test_every_key_of_matrices_and_recipes_is_documented() -> None:
    keys = {*Matrix.model_fields, *Recipe.model_fields} - {"name", "source"}
    assert keys - quoted("matrix-reference.md") == set()
    page = text_of(DOCS / "matrix-reference.md")
    assert [name for name in shipped_recipes() if f"`{name}`" not in page] == []
    assert [path.stem for path in (ROOT / "benchmarks").glob("*.toml") if f"`{path.stem}`" not in page] == []


def test_every_part_of_the_contracts_is_documented() -> None:
    method = {*Plan._fields, *Batch._fields, "site", "start", "stop", "length", "batch"}
    flags = {name for name in vars(Method) if not name.startswith("_")} & {
        "label", "pairing", "lam_law", "rows", "domains", "kinds", "needs_x", "needs_rows", "augments", "vectorised",
        "stackable", "mixes_alone", "mixes", "repeat_batch",
    }  # fmt: skip
    assert method | flags <= quoted("write-a-method.md")
    assert {"inputs(rows, generator)", "block", "strip", "requires"} <= quoted("write-a-domain.md")
    assert {"kinds", "better", "optimum", "score(predictions)"} <= quoted("write-a-metric.md")
    assert {"sites", "domains", "requires", "stackable", "reference"} <= quoted("bring-a-model.md")


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("write-a-dataset.md", DATASET),
        ("write-a-probe.md", PROBE),
        ("write-a-metric.md", METRIC),
        ("write-an-optimizer.md", OPTIMIZER),
        ("write-an-optimizer.md", SCHEDULE),
        ("methods.md", METHOD),
        ("bring-a-model.md", MODEL),
        ("write-a-dataset.md", DOMAIN),
    ],
)
def test_every_built_in_plugin_is_named(page: str, kind: Any) -> None:
    text = text_of(DOCS / page)
    assert [name for name in builtin_files(kind) if not re.search(rf"`{name}\b", text)] == []


def test_every_command_and_option_of_run_is_documented() -> None:
    everything = "\n".join(map(text_of, PAGES))
    commands: Any = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"mixsuite {name}" not in everything] == []
    options = [option.opts[0] for option in commands["run"].params if option.opts[0].startswith("--")]
    assert len(options) > 10
    assert [option for option in options if f"`{option}`" not in text_of(DOCS / "execution.md")] == []


def rows_of(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its first two lines."""
    part = text_of(DOCS / page).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_a_run_has_ten_hops_and_each_function_is_there() -> None:
    hops = rows_of("architecture.md", "The life of a run in ten hops")
    assert [hop[0] for hop in hops] == [str(number) for number in range(1, 11)]
    for _, _, files, functions in hops:
        paths = [ROOT / "mixsuite" / name for name in re.findall(r"`([^`]+)`", files)]
        sources = "\n".join(map(text_of, paths))
        for name in re.findall(r"`([^`]+)`", functions):
            assert re.search(rf"def {name}\(", sources), (name, files)


def test_where_to_go_leads_to_what_there_is() -> None:
    for _, place in rows_of("architecture.md", "Where to go"):
        words = re.findall(r"`([^`]+)`", place)
        paths = [ROOT / word for word in words if "/" in word and not re.search("NAME|DOMAIN", word)]
        assert all(path.exists() for path in paths), place
        sources = "\n".join(text_of(path) for path in paths if path.is_file())
        functions = [word for word in words if word.isidentifier()]
        assert [name for name in functions if not re.search(rf"(def|class) {name}\b|^{name}\b", sources, re.M)] == []


def test_the_floors_are_those_that_the_linter_keeps() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    kept = [[name.strip().removeprefix("mixsuite.") for name in layer.split("|")] for layer in layers]
    shown = [re.findall(r"`(\w+)`", row[1]) for row in rows_of("architecture.md", "The rooms")]
    assert shown == kept


def test_new_names_of_the_migration_page_exist() -> None:
    import importlib

    def exists(name: str) -> bool:
        module, _, attribute = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ImportError:
            return hasattr(importlib.import_module(module), attribute)
        return True

    moved = rows_of("migration.md", "Imports")
    assert len(moved) > 20
    for old, new in moved:
        modules = [name for name in re.findall(r"`(mixsuite[\w.]+)`", new) if not name.endswith(".toml")]
        assert modules
        assert all(map(exists, modules)), new
        if ":" in old and ":" not in new:
            names = re.findall(r"`(\w+)`", old.partition(":")[2])
            module = importlib.import_module(modules[0])
            assert [name for name in names if not hasattr(module, name)] == [], new
