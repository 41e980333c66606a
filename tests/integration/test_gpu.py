"""What only a GPU can show: `make gpu`.

Every method in every domain, recorded and plainly, against the CPU; lockstep against the loop; half precision; alike
twice; a card that is full; what waits for the device; rows that are read as they are needed; two cards for one run.
"""

import gc
import warnings
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.blocks import train_block
from support.photos import photo_job, photos
from support.tasks import job_of

from mixsuite.execution.execute import reset_global_state
from mixsuite.execution.messages import BlockResult, RetryApart, TrainBlock
from mixsuite.execution.worker import Worker
from mixsuite.experiment.code import code_of_run
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.mixing import Mixer
from mixsuite.plugins.describe import describe
from mixsuite.plugins.kinds import METHOD
from mixsuite.training import captured, loop
from mixsuite.training.job import TrainResult

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


METHODS = [item["name"] for item in describe(METHOD)]
ROW_BY_ROW = {"k_mixup"}  # its plans are made on the host, row by row
TIES = {("neighbour_mixup", "digits(rows=150, test=0.6)")}


def job(dataset, method, device="cuda", seed=0, dtype=torch.float64, **values):
    """A run of a quick task, whose data and weights are moved to a device."""
    made = job_of(dataset, method, seed, dtype, **values)

    def moved(value):
        return tuple(map(moved, value)) if isinstance(value, tuple) else value.to(device)

    parts = {
        name: replace(part, x=moved(part.x), y=part.y.to(device))
        for name, part in (("train", made.data.train), ("valid", made.data.valid), ("test", made.data.test))
    }
    return replace(made, data=replace(made.data, **parts), model=made.model.to(device))


def trained(work, recorded=True):
    """A run's result and what recorded its steps, if anything did; SkipRun and the like as they come."""
    made = []

    class Kept(captured.Captured):
        def __init__(self, *parts):
            super().__init__(*parts)
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Captured", Kept)
        if not recorded:
            patch.setattr(loop, "can_be_captured", lambda feed: False)
        (result,) = loop.fit([work])
    return result, made


def gap(one, other):
    """The largest difference of two trained models' weights, relative to the largest weight."""
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    pairs = [(a.double().cpu(), b.double().cpu()) for a, b in pairs]
    return max(float((a - b).abs().max() / a.abs().max().clamp(min=1)) for a, b in pairs)


@pytest.mark.parametrize("dataset", list(TASKS))
@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_what_it_gives_on_the_cpu(dataset, method):
    """In float64, recorded and plainly: weights after 16 steps, and the curve."""
    usual = {"steps": 16, "lr": 1e-3}
    cpu, _ = trained(job(dataset, method, "cpu", **usual))
    if not isinstance(cpu, TrainResult):
        pytest.skip(f"{method}: {cpu}")
    for recorded in (True, False):
        gpu, _ = trained(job(dataset, method, **usual), recorded)
        assert isinstance(gpu, TrainResult), gpu
        if (method, dataset) in TIES and gpu.digests["plan"] != cpu.digests["plan"]:
            pytest.skip("neighbours at one distance: rounding says which is nearer")
        assert gap(cpu, gpu) < 1e-7
        assert [p["loss"] for p in gpu.curve] == pytest.approx([p["loss"] for p in cpu.curve], rel=1e-5)
        assert {k: gpu.digests[k] for k in ("init", "order", "draws")} == {
            k: cpu.digests[k] for k in ("init", "order", "draws")
        }


@pytest.mark.parametrize("dataset", list(TASKS))
@pytest.mark.parametrize("method", ["erm", "mixup", "manifold_mixup", "multi_mix", "mixupe", "cutmix"])
def test_steps_are_recorded_and_replayed(dataset, method):
    result, made = trained(job(dataset, method, steps=40, dtype=torch.float32))
    if not isinstance(result, TrainResult):
        pytest.skip(str(result))
    (record,) = made
    assert record._graphs
    assert not record.refused


def test_dropout_draws_the_same_masks_in_a_recorded_step():
    results = []
    for recorded in (True, False):
        work = job("wine(rows=24, test=0.6)", "mixup", steps=40, dtype=torch.float32)
        work.model.stages.insert(len(work.model.stages) - 1, torch.nn.Dropout(0.3))
        results.append(trained(work, recorded)[0].digests["weights"])
    assert results[0] == results[1]


class Waits(torch.nn.Module):
    """A layer that looks at a number on the host."""

    def forward(self, x):
        return x * 2 if float(x.detach().sum()) > 1e9 else x


def test_a_net_that_waits_for_the_device_cannot_be_recorded_and_trains_plainly():
    results = []
    for recorded in (True, False):
        work = job("wine(rows=24, test=0.6)", "mixup", steps=40, dtype=torch.float32)
        work.model.stages[0] = torch.nn.Sequential(Waits(), work.model.stages[0])
        result, made = trained(work, recorded)
        assert [one.refused for one in made] == [True] * recorded
        results.append(result.digests["weights"])
    assert results[0] == results[1]
    (after, made) = trained(job("wine(rows=24, test=0.6)", "mixup", steps=40, dtype=torch.float32))
    assert isinstance(after, TrainResult)
    assert not made[0].refused


@contextmanager
def waits():
    """The places at which the host waits for the device, each time."""
    places = []
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield places
        finally:
            torch.cuda.set_sync_debug_mode("default")
            places += [
                f"{Path(warning.filename).name}:{warning.lineno}"
                for warning in found
                if "synchronizing" in str(warning.message)
            ]


@pytest.mark.parametrize("dataset", list(TASKS))
@pytest.mark.parametrize("method", [name for name in METHODS if name not in ROW_BY_ROW])
def test_no_step_waits_for_the_device(dataset, method):
    """Twice the steps wait no more often, but for plans that are drawn from a step's rows: 64 are hashed together."""
    counts = []
    for steps in (100, 200):
        work = job(dataset, method, steps=steps, dtype=torch.float32)
        with waits() as places:
            result, _ = trained(work)
        if not isinstance(result, TrainResult):
            pytest.skip(f"{method}: {result}")
        counts.append([place for place in places if not place.startswith("run_log")])
    more = set(counts[1]) if len(counts[1]) > len(counts[0]) + 40 else set()
    assert not more, f"{method}: {sorted(more)}"


def test_a_method_that_waits_for_the_device_is_named(tmp_path):
    path = tmp_path / "waiting.py"
    path.write_text(
        "from mixsuite.mixing import mixup_plan, two_term_loss\n"
        "from mixsuite.mixing.methods.mixup import Mixup\n"
        "class Waiting(Mixup):\n"
        "    stackable = mixes_alone = False\n"
        "    def objective(self, tail, state, batch, plan, loss):\n"
        "        value = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)\n"
        "        return value if value.item() < 1e9 else value * 0\n"
    )
    with waits() as places:
        trained(job("wine(rows=24, test=0.6)", str(path), steps=100, dtype=torch.float32))
    assert places.count("waiting.py:7") == 100


def test_a_block_that_the_card_does_not_hold_is_trained_run_by_run():
    """Twelve wide nets together need some 1.5 GB; one alone fits."""
    gc.collect()
    torch.cuda.empty_cache()
    free = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + 700e6) / free[1])
    try:
        work = block("wine(rows=24, test=0.6)", seeds=range(12), executor="lockstep")
        recipe = tuple((k, "mlp(width=2048, depth=3)" if k == "model" else v) for k, v in work.task.recipe)
        task = replace(work.task, recipe=recipe)
        work = replace(work, task=task, runs=tuple(replace(run, task=task) for run in work.runs))
        assert Worker().execute(work) == RetryApart("loop")
        (result,) = results(replace(work, runs=work.runs[:1]))
        assert result.executor["kind"] == "loop"
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.parametrize("readers", [0, 2])
@pytest.mark.parametrize("method", ["mixup", "manifold_mixup", "saliencymix"])
def test_rows_that_are_read_as_they_are_needed_arrive_on_the_card(tmp_path, method, readers):
    photos(tmp_path / "set", each=24, size=(16, 16))
    jobs = [photo_job(tmp_path, method, 0.0, readers, device=device) for device in ("cpu", "cuda")]
    host, card = (loop.fit([one])[0] for one in jobs)
    assert isinstance(host, TrainResult) and isinstance(card, TrainResult), (host, card)
    theirs = host.model.state_dict()
    for name, value in card.model.state_dict().items():
        torch.testing.assert_close(value.cpu(), theirs[name], rtol=1e-6, atol=1e-8, msg=name)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="torch sees one CUDA device")
@pytest.mark.parametrize("method", ["erm", "mixup", "manifold_mixup", "mixupe"])
def test_two_cards_come_to_what_one_comes_to(tiny, method):
    (alone,) = results(replace(train_block(tiny, method), device="cuda"))
    tiny.write_text(tiny.read_text().replace("batch = 8", "batch = 8\ndevices = 2"))
    (shared,) = results(replace(train_block(tiny, method), device="cuda"))
    assert shared.executor["devices"] == 2
    assert shared.metrics["nll"] == pytest.approx(alone.metrics["nll"], abs=1e-3)
    assert [shared.digests[k] for k in ("order", "draws", "plan")] == [
        alone.digests[k] for k in ("order", "draws", "plan")
    ]
