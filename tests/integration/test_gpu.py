"""What only a GPU can show: `make gpu`. Every domain trains, in lockstep as by the loop, in half precision, and alike twice."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mixsuite.execution.execute import reset_global_state
from mixsuite.execution.messages import BlockResult, TrainBlock
from mixsuite.execution.worker import Worker
from mixsuite.experiment.code import code_of_run
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.mixing import Mixer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]
TASKS = {  # data set -> the error of whoever always says the commonest class
    "digits(rows=150, test=0.6)": 0.90,
    "wine(rows=24, test=0.6)": 0.60,
    "japanese_vowels(rows=120)": 0.76,
    "b3db(rows=200, test=0.4)": 0.50,
}


def block(dataset, method="mixup", device="cuda", seeds=(0,), **changes):
    """Some runs of a cell of the quick matrix."""
    experiment = resolve(load_matrix("quick"), [method], [dataset], tuple(seeds))
    (task,) = experiment.tasks
    (spec,) = (m for m in experiment.methods if m.call.name == method)
    parts = experiment.parts_of[task.name]
    code = code_of_run(experiment.method_of[spec.name], parts)
    runs = tuple(run for run in experiment.runs() if run.method == spec)
    data = parts.dataset.fingerprint(Path())
    return TrainBlock(task, Path(), device, runs, code, data, block=parts.domain.block, **changes)


def results(work):
    """What the runs of a block came to, all of them ok."""
    reset_global_state(0)
    answer = Worker().execute(work)
    assert isinstance(answer, BlockResult), answer
    assert [result.status for result in answer.results] == ["ok"] * work.num_runs, answer.results[0].reason
    return answer.results


@pytest.mark.parametrize("dataset", list(TASKS))
def test_every_domain_trains(dataset):
    (result,) = results(block(dataset))
    assert result.metrics["error"] < TASKS[dataset] - 0.1
    assert result.machine["gpu"] and result.peak_memory > 0


@pytest.mark.parametrize("dataset", list(TASKS))
def test_a_run_sees_what_it_sees_on_the_cpu(dataset):
    """Data, split, initial weights, order and draws do not depend on the device; errors differ by rounding alone."""
    (gpu,), (cpu,) = results(block(dataset)), results(block(dataset, device="cpu"))
    for stage in ("data", "split", "init", "order", "draws"):
        assert gpu.digests[stage] == cpu.digests[stage], stage
    assert gpu.metrics["error"] == pytest.approx(cpu.metrics["error"], abs=0.05)


@pytest.mark.parametrize("dataset", list(TASKS))
@pytest.mark.parametrize("method", ["erm", "mixup", "multi_mix", "mixupe"])
def test_lockstep_is_the_loop(dataset, method):
    """Seeds trained as one draw the same and end where the loop's do, but for rounding."""
    work = block(dataset, method, seeds=range(4))
    loop, lockstep = results(work), results(replace(work, executor="lockstep"))
    for one, other in zip(loop, lockstep, strict=True):
        assert {k: one.digests[k] for k in ("split", "init", "order", "plan")} == {
            k: other.digests[k] for k in ("split", "init", "order", "plan")
        }
        assert other.curve[0]["loss"] == pytest.approx(one.curve[0]["loss"], rel=2e-2)
    mean = [sum(r.metrics["error"] for r in runs) / len(runs) for runs in (loop, lockstep)]
    assert mean[1] == pytest.approx(mean[0], abs=0.05)


@pytest.mark.parametrize("dataset", list(TASKS))
def test_half_precision_where_a_recipe_declares_it(dataset):
    work = block(dataset)
    recipe = tuple((k, "bf16" if k == "precision" else v) for k, v in work.task.recipe)
    task = replace(work.task, recipe=recipe)
    (result,) = results(replace(work, task=task, runs=tuple(replace(run, task=task) for run in work.runs)))
    (full,) = results(work)
    assert result.digests["weights"] != full.digests["weights"]
    assert result.metrics["error"] < TASKS[dataset] - 0.1


@pytest.mark.parametrize("dataset", list(TASKS))
def test_deterministic_runs_are_alike_to_the_bit(dataset, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        (one,), (other,) = (results(block(dataset, deterministic=True)) for _ in range(2))
    finally:
        torch.use_deterministic_algorithms(False)
    assert one.digests == other.digests
    assert one.metrics == other.metrics


def test_a_mixer_draws_on_the_gpu_what_it_draws_on_the_cpu():
    x, y = torch.randn(8, 3, 6, 6), torch.arange(8) % 3
    (cpu, _), (gpu, _) = (Mixer("cutmix", seed=0)(x.to(device), y.to(device)) for device in ("cpu", "cuda"))
    assert gpu.is_cuda
    assert torch.allclose(gpu.cpu(), cpu)
