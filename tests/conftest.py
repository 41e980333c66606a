"""Shared fixtures. Every test process uses one thread, as workers do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
import torch
from support.augmentations import augmentations
from support.gated import GATED, write_gated
from support.models import model_of
from support.pools import SharedServer, patch_pool
from support.toys import Toy, ToyPictures

from mixsuite import cli
from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset
from mixsuite.domains.build import make_data, make_model
from mixsuite.evaluation.scores import error_or_rmse
from mixsuite.execution.forkserver import ForkServer
from mixsuite.experiment.build import load_domain, make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.plugins.kinds import DOMAIN
from mixsuite.plugins.load import find
from mixsuite.plugins.validate import check_model
from mixsuite.training.job import Job
from mixsuite.training.recipe import Recipe

torch.set_num_threads(1)
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)  # the same examples everywhere
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first, so that at the end no process waits for one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


TINY = """
seeds = "0-1"
datasets = ["iris(rows=20)@tiny"]
methods = ["erm", "mixup"]
[recipes.tiny]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 10
batch = 8
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A matrix that trains in milliseconds: iris, erm and mixup, seeds 0 and 1."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def shared_servers() -> Iterator[list[SharedServer]]:
    """The fork server of this test process, once a pool has asked for one."""
    servers: list[SharedServer] = []
    yield servers
    for server in servers:
        ForkServer.close(server)


@pytest.fixture(autouse=True)
def one_fork_server(monkeypatch: pytest.MonkeyPatch, shared_servers: list[SharedServer]) -> None:
    """Every pool of this test process forks its workers from one server."""

    def shared() -> SharedServer:
        if not shared_servers or not shared_servers[-1].alive:
            shared_servers.append(SharedServer())
        return shared_servers[-1]

    monkeypatch.setattr("mixsuite.execution.pool.ForkServer", shared)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are trained in this process, and no other is started."""
    patch_pool(monkeypatch)


@pytest.fixture
def gated(in_process: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to be in, with gated.toml; its runs are trained in this process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gated.toml").write_text(GATED)
    return tmp_path


@pytest.fixture(scope="session")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(a results folder of gated.toml, its baseline's text): 2 cells of 12 seeds, whose numbers are made up."""
    from mixsuite.report.leaderboard import build

    folder = tmp_path_factory.mktemp("accepted")
    build(write_gated(folder))
    return folder / "out", baseline_text(folder)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The same of runs that were trained, once for all tests."""
    from mixsuite import api

    folder = tmp_path_factory.mktemp("trained")
    (folder / "gated.toml").write_text(GATED)
    with pytest.MonkeyPatch.context() as patch:
        patch_pool(patch)
        api.run(str(folder / "gated.toml"), out=folder / "out")
    return folder / "out", baseline_text(folder)


def baseline_text(folder: Path) -> str:
    from mixsuite.regression.baseline import accept

    accept(folder / "out", folder / "baseline.csv")
    return (folder / "baseline.csv").read_text()


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    status: int
    out: str
    err: str


@pytest.fixture
def mixsuite(monkeypatch, capfd) -> Callable[..., Outcome]:
    """The command line, called in this process: mixsuite("run", "quick") -> status, out, err."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["mixsuite", *map(str, arguments)])
        capfd.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return call


@pytest.fixture
def job() -> Callable[..., Job]:
    """A job on made-up data: job("mixup(alpha=0.2)", seed=0, domain="images", lr=0.1, ...)."""

    def make(
        method: str,
        seed: int = 0,
        domain: str = "tabular",
        dataset: Dataset | None = None,
        raw: Raw | None = None,
        select: str = "last",
        dtype: torch.dtype = torch.float32,
        **values: object,
    ) -> Job:
        adapter = load_domain(find(DOMAIN, domain))
        dataset = dataset or (Toy() if domain == "tabular" else ToyPictures())
        model = "mlp(width=8, depth=2)" if domain == "tabular" else "conv(width=4)"
        given = {"model": model, "optimizer": "sgd", "lr": 0.1, "steps": 12, "batch": 8} | values
        recipe = check_model(Recipe, given, "test")
        data = make_data(adapter, dataset, raw or dataset.load(Path()), seed, dtype=dtype)
        network = make_model(model_of(recipe), data, seed)
        made = make_method(resolve_method(method))
        augment = augmentations(recipe.augment)
        return Job(domain, data, network, made, recipe, seed, select, augment, score=error_or_rmse)

    return make


@pytest.fixture
def run_python() -> Callable[[str], str]:
    """Run code in a fresh interpreter and return what it printed."""
    import subprocess

    def run(code: str, **environment: str) -> str:
        import os

        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
        )
        return done.stdout

    return run
