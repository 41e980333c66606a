"""Matrices trained in this process, so that a fault planted in a module is what the runs see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mixsuite import runner
from mixsuite.order import Order
from mixsuite.worker import Bench, fresh_state

GATED = """
reference = "erm"
seeds = "0-11"
datasets = ["digits(rows=300, test=0.5)@short"]
methods = ["erm", "mixup"]
[recipes.short]
model = "conv(width=6)"
optimizer = "sgd"
lr = 0.3
schedule = "linear"
steps = 120
batch = 16
"""


class InProcess:
    """A pool of one worker: this process."""

    def __init__(self, size: int = 1, timeout: float | None = None) -> None:
        self.bench = Bench()

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, count: int) -> None:
        pass

    def map(
        self, orders: list[Order], running: Callable[[int], None] = lambda count: None
    ) -> Iterator[tuple[Order, dict[str, Any]]]:
        for order in orders:
            fresh_state(order)
            yield order, self.bench.do(order)


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Runs are trained in this process, in an empty folder."""
    monkeypatch.setattr(runner, "Pool", InProcess)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gated.toml").write_text(GATED)
    return tmp_path


@pytest.fixture(scope="session")
def accepted(tmp_path_factory) -> tuple[Path, str]:
    """(a trained results folder, its baseline's text): 2 cells of 12 seeds, trained once for all tests."""
    from mixsuite.tracking.baseline import accept

    folder = tmp_path_factory.mktemp("accepted")
    (folder / "gated.toml").write_text(GATED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "Pool", InProcess)
        runner.run(str(folder / "gated.toml"), out=folder / "out")
    accept(folder / "out", folder / "baseline.csv")
    return folder / "out", (folder / "baseline.csv").read_text()
