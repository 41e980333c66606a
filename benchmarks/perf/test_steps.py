"""Time the training of every domain's quick task: as many runs as a block holds, in the loop and in lockstep."""

from pathlib import Path

import pytest
import torch

from mixsuite.execution.messages import TrainBlock
from mixsuite.execution.worker import Worker
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.training.executors import EXECUTORS
from mixsuite.training.job import TrainResult

TASKS = {
    "tabular": "wine(rows=24, test=0.6)",
    "images": "digits(rows=150, test=0.6)",
    "speech": "japanese_vowels(rows=120)",
    "graphs": "b3db(rows=200, test=0.4)",
}
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
WORKER = Worker(kept=4)


@pytest.mark.parametrize("executor", ["loop", "lockstep"])
@pytest.mark.parametrize("method", ["erm", "mixup"])
@pytest.mark.parametrize("domain", list(TASKS))
@pytest.mark.parametrize("device", DEVICES)
def test_runs(benchmark, device, domain, method, executor):
    torch.set_num_threads(1)
    experiment = resolve(load_matrix("quick"), [method], [TASKS[domain]], (0,))
    (task,) = experiment.tasks
    parts = experiment.parts_of[task.name]
    size = parts.domain.block
    runs = resolve(load_matrix("quick"), [method], [TASKS[domain]], tuple(range(size))).runs()
    runs = [run for run in runs if run.method.call.name == method]
    data = parts.dataset.fingerprint(Path())
    block = TrainBlock(task, Path(), device, tuple(runs), code=None, data=data, block=size)

    def train(jobs):
        assert all(isinstance(result, TrainResult) for result in EXECUTORS[executor](jobs))

    def anew():
        return ([WORKER.job(block, run) for run in block.runs],), {}

    benchmark.extra_info |= {"runs": size, "steps": anew()[0][0][0].steps}
    benchmark.pedantic(train, setup=anew, rounds=3, warmup_rounds=1)
