"""Time what a GPU does: small nets in lockstep and by the loop, nets for CIFAR-10, mixing alone, workers on one card.

    python benchmarks/perf/gpu.py [PART ...] [--pictures FOLDER] [--out results/perf/gpu]

Parts: seeds, nets, compiled, accuracy, mixing, workers, profile. Each leaves its numbers in <out>/<part>.json. The
plain loop is plain_loop.py, on the same card in the same sitting. Nets are timed on random pictures. FOLDER holds
CIFAR-10 as train/CLASS/.. and test/CLASS/..; without it, "accuracy" is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import plain_loop
import torch
from matrices import EMBEDDED, SMALL
from plain_tasks import TASKS as PLAIN

from mixsuite.data.rows import Data, Subset
from mixsuite.domains.build import channels_last
from mixsuite.execution.execute import outputs
from mixsuite.execution.messages import TrainBlock
from mixsuite.execution.worker import Worker
from mixsuite.experiment.code import code_of_run
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.mixing import Mixer, Plan
from mixsuite.mixing.engine import interpolate
from mixsuite.mixing.methods.mixup import Mixup
from mixsuite.models.base import as_staged
from mixsuite.models.images.airbench import Airbench
from mixsuite.models.images.resnet18 import Resnet18
from mixsuite.training import lockstep, loop
from mixsuite.training.executors import EXECUTORS
from mixsuite.training.job import Job, TrainResult
from mixsuite.training.recipe import Recipe

HERE = Path(__file__).parent
NETS = {"airbench": (Airbench(), 1024, 200), "resnet18": (Resnet18(), 128, 300)}  # model, batch, timed steps
WORKER = Worker(kept=4)
ROUNDS = 2


def seconds(work: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    begin = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - begin


def block_of(matrix: str, method: str, dataset: str, seeds: Sequence[int]) -> TrainBlock:
    """Runs of one cell, as the runner would send them to a worker."""
    experiment = resolve(load_matrix(matrix), [method], [dataset], tuple(seeds))
    (task,) = experiment.tasks
    parts = experiment.parts_of[task.name]
    runs = tuple(run for run in experiment.runs() if run.method.call.name == method.partition("(")[0])
    code = code_of_run(experiment.method_of[runs[0].method.name], parts)
    data = parts.dataset.fingerprint(Path())
    return TrainBlock(task, Path(), "cuda", runs, code=code, data=data, block=parts.domain.block)


def jobs_of(block: TrainBlock, **values: Any) -> list[Job]:
    jobs = [WORKER.job(block, run) for run in block.runs]
    return [replace(job, recipe=job.recipe.model_copy(update=values)) for job in jobs]


def checked(results: list[TrainResult | Exception]) -> list[TrainResult]:
    for result in results:
        if isinstance(result, Exception):
            raise result
    return [result for result in results if isinstance(result, TrainResult)]


def plainly(work: Callable[[], object]) -> None:
    """Do work without recording any step."""
    with (
        patch.object(loop, "can_be_captured", lambda feed: False),
        patch.object(lockstep, "can_be_captured", lambda feed: False),
    ):
        work()


def part_seeds(_: Path | None) -> Iterator[Any]:
    """24 seeds of each domain's quick task, training alone: the loop and lockstep against the plain loop."""
    for task, dataset in SMALL.items():
        method = "mixup(site=embedding)" if task in EMBEDDED else "mixup"
        block = block_of("quick", method, dataset, range(24))
        ways: dict[str, Callable[[], object]] = {}
        for executor in ("lockstep", "loop"):
            ways[executor] = lambda e=executor, b=block: checked(EXECUTORS[e](jobs_of(b)))
        plain_loop.train(PLAIN[task](0), 1, "cuda")  # libraries set up what they need
        checked(EXECUTORS["lockstep"](jobs_of(block, steps=10, epochs=None)))
        taken: dict[str, list[float]] = {"plain": [], "lockstep": [], "loop": [], "jobs": []}
        for round_ in range(ROUNDS):
            ready = PLAIN[task](round_)
            taken["plain"].append(24 * seconds(lambda ready=ready: plain_loop.train(ready, 1, "cuda")))
            taken["jobs"].append(seconds(lambda b=block: jobs_of(b)))
            for executor, work in ways.items():
                taken[executor].append(seconds(work) - taken["jobs"][-1])
        yield {"task": task, "runs": 24, "seconds": taken}


def pictures(rows: int = 50_000) -> Data:
    """Random pictures of the size of CIFAR-10, on the card."""
    part = Subset(torch.randn(rows, 3, 32, 32, device="cuda"), torch.randint(0, 10, (rows,), device="cuda"))
    return Data(part, part, part, "class", 10)


def net_job(name: str, data: Data) -> Job:
    model, batch, steps = NETS[name]
    torch.manual_seed(0)
    net = channels_last(as_staged(model.build(data), model).cuda())
    recipe = Recipe(model=name, optimizer="sgd", lr=0.05, batch=batch, steps=steps, precision="bf16")
    return Job("images", data, net, Mixup(), recipe, 0)


def plain_net(job: Job, compiled: bool) -> float:
    """Seconds of a careful plain loop with the same net, batch and steps: bf16, channels last, resident pictures."""
    net = job.model.to(memory_format=torch.channels_last).train()
    run = torch.compile(net) if compiled else net
    x, y = job.data.train.x.contiguous(memory_format=torch.channels_last), job.data.train.y
    recipe = job.recipe
    optimizer = torch.optim.SGD(net.parameters(), 0.05, 0.9, nesterov=True, fused=True)
    lams = torch.distributions.Beta(1.0, 1.0).sample((recipe.steps,)).tolist()

    def train(steps: int) -> None:
        for lam, picked in zip(lams[:steps], plain_loop.batches(len(y), recipe.batch, "cuda"), strict=False):
            order = torch.randperm(recipe.batch, device="cuda")
            rows, targets = x[picked], y[picked]
            with torch.autocast("cuda", torch.bfloat16):
                out = run(torch.lerp(rows[order], rows, lam))
            loss = lam * torch.nn.functional.cross_entropy(out.float(), targets)
            loss = loss + (1 - lam) * torch.nn.functional.cross_entropy(out.float(), targets[order])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    train(10)
    return seconds(lambda: train(recipe.steps))


def part_nets(_: Path | None) -> Iterator[Any]:
    """Images a second with mixup on: recorded steps, steps that are not recorded, and a plain loop."""
    data = pictures()
    for name, (_, batch, steps) in NETS.items():
        taken: dict[str, list[float]] = {}
        loop.fit([net_job(name, data)])
        for _ in range(ROUNDS):
            for way, work in {
                "mixsuite": lambda n=name: checked(loop.fit([net_job(n, data)]))[0].seconds,
                "not recorded": lambda n=name: _not_recorded(net_job(n, data)),
                "plain loop": lambda n=name: plain_net(net_job(n, data), compiled=False),
            }.items():
                taken.setdefault(way, []).append(batch * steps / work())
        yield {"net": name, "batch": batch, "steps": steps, "images a second": taken}


def part_compiled(_: Path | None) -> Iterator[Any]:
    """Images a second of the plain loop with the airbench net compiled by torch."""
    _, batch, steps = NETS["airbench"]
    taken = plain_net(net_job("airbench", pictures()), compiled=True)
    yield {"net": "airbench", "images a second": batch * steps / taken}


def _not_recorded(job: Job) -> float:
    taken: list[float] = []
    plainly(lambda: taken.append(checked(loop.fit([job]))[0].seconds))
    return taken[0]


def part_accuracy(folder: Path | None) -> Iterator[Any]:
    """Train on CIFAR-10 as a user would: seconds of training and the test error, mixup and ERM."""
    if folder is None:
        return
    for recipe, method, values in (
        ("airbench", "mixup", {"lr": 0.3}),
        ("resnet18", "mixup", {}),
        ("airbench", "mixup", {"lr": 1.0}),
        ("airbench", "erm", {"lr": 0.3}),
        ("airbench", "mixup", {"lr": 0.3, "epochs": 60}),
    ):
        block = block_of(str(HERE / "gpu.toml"), method, f"folder:{folder}@{recipe}", [0])
        (job,) = jobs_of(block, **values)
        (result,) = checked(loop.fit([job]))
        out, y = outputs(result, job.data)
        error = float((out.argmax(1) != y).double().mean())
        told = {"recipe": recipe, "method": method, "changed": values, "steps": result.steps}
        yield told | {"batch": job.recipe.batch, "seconds": result.seconds, "test error": error}


def timed_by_events(work: Callable[[], object], rounds: int = 60) -> float:
    """Median seconds of work on the card."""
    for _ in range(5):
        work()
    pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(rounds)]
    for begin, end in pairs:
        begin.record()
        work()
        end.record()
    torch.cuda.synchronize()
    return statistics.median(begin.elapsed_time(end) for begin, end in pairs) / 1000


def part_mixing(_: Path | None) -> Iterator[Any]:
    """A plan and the mixed batch against a copy of the batch, as called and as a recorded graph replays it."""
    for shape in ((256, 3, 32, 32), (64, 3, 224, 224), (1024, 3, 224, 224)):
        x, y = torch.randn(*shape, device="cuda"), torch.randint(0, 100, (shape[0],), device="cuda")
        mixer = Mixer("mixup", seed=0)
        lam, partner = torch.rand(shape[0], 1, 1, 1, device="cuda"), torch.randperm(shape[0], device="cuda")
        fixed = Plan(partner, lam, lam.flatten())
        graph = torch.cuda.CUDAGraph()
        interpolate(x, fixed)
        with torch.cuda.graph(graph):
            interpolate(x, fixed)
        copied = torch.cuda.CUDAGraph()
        with torch.cuda.graph(copied):
            x.clone()
        yield {
            "shape": list(shape),
            "copy": timed_by_events(x.clone), "mixer": timed_by_events(lambda m=mixer, a=x, b=y: m(a, b)),
            "mix": timed_by_events(lambda a=x, p=fixed: interpolate(a, p)),
            "copy, replayed": timed_by_events(copied.replay), "mix, replayed": timed_by_events(graph.replay),
        }  # fmt: skip


def part_workers(_: Path | None) -> Iterator[Any]:
    """One matrix by 1, 2 and 4 worker processes on one card, from the command to its end."""
    text = (
        'reference = "erm"\nmethods = ["erm", "mixup", "multi_mix", "mixupe"]\nseeds = "0-11"\n'
        'datasets = ["japanese_vowels(rows=120)", "digits(rows=150, test=0.6)"]\n'
    )
    for executor in ("loop", "auto"):
        for workers in (1, 4, 2):
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "one.toml").write_text(text)
                words = ["run", f"{folder}/one.toml", "--out", f"{folder}/out", "--device", "cuda"]
                words += ["--workers", str(workers), "--executor", executor]
                begin = time.perf_counter()
                subprocess.run([sys.executable, "-m", "mixsuite", *words], check=True, capture_output=True)
                taken = time.perf_counter() - begin
            yield {"workers": workers, "executor": executor, "runs": 96, "seconds": taken}


def part_profile(_: Path | None) -> Iterator[Any]:
    """What the host asks of the card in a step: calls by name, from 60 steps to 120."""
    for task, dataset in SMALL.items():
        for executor in ("loop", "lockstep"):
            counts = []
            for steps in (60, 120):
                block = block_of("quick", "mixup", dataset, range(1 if executor == "loop" else 12))
                jobs = jobs_of(block, steps=steps, epochs=None)
                with torch.profiler.profile() as profile:
                    checked(EXECUTORS[executor](jobs))
                counts.append(Counter({e.key: e.count for e in profile.key_averages() if e.key.startswith("cuda")}))
            each = {name: round((counts[1][name] - counts[0][name]) / 60, 2) for name in counts[1]}
            yield {"task": task, "executor": executor, "calls a step": {k: v for k, v in each.items() if v}}


PARTS = {name.removeprefix("part_"): part for name, part in list(globals().items()) if name.startswith("part_")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=[], choices=[[], *PARTS])
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results/perf/gpu"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    card = {"card": torch.cuda.get_device_name(), "torch": torch.__version__}
    for name in asked.parts or PARTS:
        found = []
        for one in PARTS[name](asked.pictures):
            print(name, json.dumps(one), flush=True)
            found.append(one)
            (asked.out / f"{name}.json").write_text(json.dumps(card | {"found": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
