"""Training steps of every domain's quick task: as many runs as a block holds, by the loop and in lockstep."""

from pathlib import Path

import pytest
import torch

from mixsuite.execution.execute import Bench
from mixsuite.execution.messages import Order
from mixsuite.experiment.build import make_domain
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_method, resolve_task
from mixsuite.experiment.spec import RunSpec
from mixsuite.training.executors import EXECUTORS
from mixsuite.training.job import TrainResult

TASKS = {
    "tabular": "wine(rows=24, test=0.6)",
    "images": "digits(rows=150, test=0.6)",
    "speech": "japanese_vowels(rows=120)",
    "graphs": "mutag(rows=80, test=0.4)",
}
BENCH = Bench(held=4)


@pytest.mark.parametrize("executor", ["loop", "lockstep"])
@pytest.mark.parametrize("method", ["erm", "mixup"])
@pytest.mark.parametrize("domain", list(TASKS))
def test_runs(benchmark, domain, method, executor):
    torch.set_num_threads(1)
    task, spec = resolve_task(TASKS[domain], load_matrix("quick")), resolve_method(method)
    block = make_domain(domain).block
    order = Order(task, Path(), "cpu", tuple(RunSpec(task, spec, seed) for seed in range(block)), block=block)

    def train(jobs):
        assert all(isinstance(one, TrainResult) for one in EXECUTORS[executor](jobs))

    def anew():
        return ([BENCH.job(order, run) for run in order.specs],), {}

    benchmark.extra_info |= {"runs": block, "steps": anew()[0][0][0].steps}
    benchmark.pedantic(train, setup=anew, rounds=5, warmup_rounds=1)
