"""The committed results are whole, and every table of theirs is what the tool makes of their records."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mixsuite.report.leaderboard import build
from mixsuite.results.reading import load_results

ROOT = Path(__file__).parent.parent.parent
REFERENCES = [ROOT / "results" / "reference" / name for name in ("quick", "staged", "methods", "lengths")]
UNCOMMITTED = {"methods": ("runs.csv",)}  # over 3 MB; rebuilt with the rest
CHANCE = {  # the error of always saying the largest class
    "digits": 0.90, "wine": 0.60, "breast_cancer": 0.37, "iris": 0.67, "titanic": 0.38, "japanese_vowels": 0.76,
    "b3db": 0.50, "mutag": 0.34, "fashion_mnist": 0.90, "cifar10_part": 0.89, "adult": 0.24, "letter": 0.96,
    "fsdd": 0.90, "speech_commands": 0.90, "tu:PROTEINS": 0.40, "tu:NCI1": 0.50, "tu:ENZYMES": 0.83,
}  # fmt: skip


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda path: path.name)
def test_the_references_are_complete_and_no_task_is_trivial_or_hopeless(reference: Path) -> None:
    results = load_results(reference)
    assert results.others == 0
    assert sum(map(len, results.manifest.cells.values())) == sum(map(len, results.cells.values()))
    assert {outcome.status for cell in results.cells.values() for outcome in cell.values()} <= {"ok", "skipped"}
    for task in results.manifest.tasks.values():
        errors = list(results.cell(task, "erm").values.values())
        if task.classification:
            # Well above 0, and below always saying the largest class.
            assert 0.01 < sum(errors) / len(errors) < CHANCE[task.name.split("(")[0]] - 0.05, task.name


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda path: path.name)
def test_every_file_of_the_references_is_small_and_rebuilt_byte_for_byte(reference: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(reference, copy)
    derived = list(copy.rglob("*.csv"))
    assert len(derived) > 5
    for path in derived:
        path.unlink()
    build(copy)
    for path in reference.rglob("*"):
        if path.is_file() and path.name not in (".lock", *UNCOMMITTED.get(reference.name, ())):
            assert path.stat().st_size < 3_000_000
            assert (copy / path.relative_to(reference)).read_bytes() == path.read_bytes(), path
