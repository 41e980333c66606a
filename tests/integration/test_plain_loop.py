"""The yardstick trains what mixsuite trains: the same net, optimiser, steps, batch and numbers of rows."""

import importlib
import sys
from pathlib import Path

import pytest
import torch

from mixsuite.execution.messages import TrainBlock
from mixsuite.execution.worker import Worker
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.results.data_root import data_root

PERF = Path(__file__).parents[2] / "benchmarks" / "perf"
TASKS = [
    "wine", "digits", "japanese_vowels", "b3db", "resnet", "fashion", "commands", "nci1", "ft_transformer", "tabm",
]  # fmt: skip


@pytest.fixture
def perf(monkeypatch):
    """The scripts of benchmarks/perf by name, as they import each other."""
    monkeypatch.syspath_prepend(PERF)
    yield importlib.import_module
    for name in ("matrices", "plain_loop", "plain_tasks"):
        sys.modules.pop(name, None)


def job_of(text, folder):
    """A matrix's first run, ready to train."""
    (folder / "one.toml").write_text(text)
    experiment = resolve(load_matrix(str(folder / "one.toml")))
    (task,), runs = experiment.tasks, experiment.runs()
    dataset, root = experiment.parts_of[task.name].dataset, data_root(None)
    missing = [path for path in dataset.files(root) if not path.exists()]
    if missing:
        pytest.skip(f"not in the data root: {missing[0]}")
    block = TrainBlock(task, root, "cpu", tuple(runs[:1]), code=None, data=dataset.fingerprint(root))
    return Worker(kept=1).job(block, runs[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_its_tasks_are_those_of_the_suite(name, perf, tmp_path):
    job = job_of(perf("matrices").matrix(name, 1), tmp_path)
    task = perf("plain_tasks").TASKS[name](0)
    net = torch.nn.Sequential(task.body, task.head)

    def sizes(one):
        return sorted(weight.numel() for weight in one.parameters() if weight.numel())

    assert sizes(net) == sizes(job.model)
    assert (task.steps, task.batch) == (job.steps, job.batch)
    assert len(task.train[1]) == len(job.data.train)
    assert abs(len(task.test[1]) - len(job.data.test)) <= 1  # a share of the rows is rounded up or down
    optimizer, recipe = task.optimizer(net.parameters()), job.recipe
    assert type(optimizer).__name__.lower() == recipe.optimizer
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (recipe.lr, recipe.weight_decay)


def test_every_task_is_compared(perf):
    assert {*perf("matrices").SMALL, *perf("matrices").LARGE} == {*perf("plain_tasks").TASKS} == set(TASKS)


@pytest.mark.slow
def test_it_learns(perf):
    torch.manual_seed(0)
    plain = perf("plain_loop")
    assert plain.train(plain.TASKS["digits"](0), 1, "cpu") < 0.15
