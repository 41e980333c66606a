"""The README's code blocks are run as they stand; its table is the tool's."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mixsuite.report import compute, overall, task
from mixsuite.report.leaderboard import make_report
from mixsuite.report.results import COSTS, load_results
from mixsuite.report.text import report_text

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\w+\.\w+)\n")
REFERENCES = [ROOT / "results" / "reference" / name for name in ("quick", "staged", "methods")]
UNCOMMITTED = {"methods": ("runs.csv",)}  # over 3 MB; rebuilt with the rest
CHANCE = {  # the error of always saying the largest class
    "digits": 0.90, "wine": 0.60, "breast_cancer": 0.37, "iris": 0.67, "titanic": 0.38, "japanese_vowels": 0.76,
    "mutag": 0.34, "fashion_mnist": 0.90, "cifar10_part": 0.89, "adult": 0.24, "letter": 0.96, "fsdd": 0.90,
    "speech_commands": 0.90, "tu:PROTEINS": 0.40, "tu:NCI1": 0.50, "tu:ENZYMES": 0.83,
}  # fmt: skip


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def commands(first: str) -> list[str]:
    """Commands of all sh blocks that begin with a word, without their comments."""
    lines = [line.split("  #")[0].strip() for text in blocks("sh") for line in text.splitlines()]
    return [line for line in lines if line.split()[0] == first]


def test_every_column_and_metric_is_documented():
    """What a reader meets in a CSV file stands in a table of the README, between backquotes."""
    section = README.split("## How to read the leaderboard")[1].split("**Verdicts.**")[0]
    documented = set(
        re.findall(
            r"`([^`]+)`", "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
        )
    )
    columns = {*task.COLUMNS, *overall.COLUMNS, *compute.COLUMNS}
    metrics = {
        m.split("@")[0]
        for r in REFERENCES
        for c in load_results(r).cells.values()
        for o in c.values()
        for m in o.metrics
    }
    assert {*columns, *metrics, *COSTS} - documented == set()
    assert len(metrics) >= 8


def test_every_block_is_of_a_kind_that_is_tested():
    assert {kind for kind, _ in BLOCKS} == {"sh", "python", "toml", "text", "yaml"}
    assert all(line.split()[0] in ("make", "mixsuite") for text in blocks("sh") for line in text.splitlines())


def test_the_workflow_calls_what_there_is():
    import yaml

    (text,) = blocks("yaml")
    job = yaml.safe_load(text)["jobs"]["regress"]
    ran = [step["run"] for step in job["steps"] if "run" in step]
    made = [line.split()[1] for line in ran if line.startswith("make ")]
    assert made == ["setup", "regress"]
    assert set(made) <= {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines()}
    assert any(line.startswith(".venv/bin/mixsuite regress --format md") for line in ran)


@pytest.mark.parametrize("command", commands("make"))
def test_make_targets_exist(command):
    subprocess.run([*shlex.split(command), "-n"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.long
def test_the_blocks_run_in_a_folder_of_their_own(tmp_path):
    """Files are written under the names they bear, then every command and script is run, in order."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    for language, text in BLOCKS:
        if language in ("python", "toml") and NAMED.match(text):
            (tmp_path / NAMED.match(text)[1]).write_text(text)
        elif language == "python":
            assert "mixup" in run(sys.executable, "-c", text)
        elif language == "sh":
            for line in text.splitlines():
                if line.startswith("mixsuite "):
                    run(*shlex.split(line))
    assert len((tmp_path / "intra_mix.py").read_text().splitlines()) <= 30
    assert "intra_mix(alpha=0.4)" in (tmp_path / "results" / "intra" / "runs.csv").read_text()


@pytest.mark.parametrize("name", ["plain_loop.py", "lightning_module.py", "timm_loop.py"])
def test_a_loop_of_ones_own_runs_and_learns(name, tmp_path):
    (text,) = (text for _, text in BLOCKS if text.startswith(f"# {name}"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    steps = {"plain_loop.py": 100, "lightning_module.py": 58, "timm_loop.py": 29}[name]
    assert re.search(rf'Mixer\(".*", seed=0, site=.*, step={steps}\)', done.stdout)


def test_the_table_of_methods_is_the_tools():
    from mixsuite.listing import methods_table

    assert f"<!-- made by the tool: mixsuite list methods --format md -->\n{methods_table()}\n" in README


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda p: p.name)
def test_the_tables_are_what_the_tool_says_of_the_references(reference):
    results = load_results(reference)
    text = report_text(make_report(results))
    (table,) = re.findall(rf"--out results/reference/{reference.name} -->\n```text\n(.*?)^```", README, re.M | re.S)
    assert len(table.splitlines()) > 5
    assert table.strip() in text


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda p: p.name)
def test_the_references_are_complete_and_no_task_is_trivial_or_hopeless(reference):
    results = load_results(reference)
    assert results.others == 0
    assert sum(map(len, results.shown.cells.values())) == sum(map(len, results.cells.values()))
    assert {o.status for cell in results.cells.values() for o in cell.values()} <= {"ok", "skipped"}
    for shown in results.shown.tasks.values():
        errors = list(results.cell(shown, "erm").values.values())
        if shown.classification:
            # Well above 0, and below always saying the largest class (its share is at least one over all).
            assert 0.01 < sum(errors) / len(errors) < CHANCE[shown.name.split("(")[0]] - 0.05, shown.name


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda p: p.name)
def test_every_file_of_the_references_is_small_and_rebuilt_byte_for_byte(reference, tmp_path):
    import shutil

    from mixsuite.report.leaderboard import build

    copy = tmp_path / "copy"
    shutil.copytree(reference, copy)
    build(copy)
    for path in reference.rglob("*"):
        if path.is_file() and path.name not in (".lock", *UNCOMMITTED.get(reference.name, ())):
            assert path.stat().st_size < 3_000_000
            assert (copy / path.relative_to(reference)).read_bytes() == path.read_bytes(), path
