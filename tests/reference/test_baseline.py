"""The accepted baseline and the history can be read, and a gate can be made of the baseline."""

from pathlib import Path

import pytest

from mixsuite.regression.baseline import load_baseline
from mixsuite.regression.gate import needed_seeds
from mixsuite.regression.history import load_history

RESULTS = Path(__file__).parents[2] / "results"


def test_the_baseline_has_the_seeds_that_its_cells_need():
    baseline = load_baseline(RESULTS / "baseline.csv")
    assert len(baseline.cells) >= 30
    assert min(map(len, baseline.cells.values())) >= needed_seeds(len(baseline.cells))
    assert {domain for domain, *_ in baseline.cells} == {"images", "tabular", "speech", "graphs"}


def test_the_history_can_be_read():
    path = RESULTS / "history.csv"
    if not path.exists():
        pytest.skip("nothing is tracked yet")
    assert load_history(path)
