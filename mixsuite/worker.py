"""A worker process: imports torch once, then trains run after run that come through a pipe.

It never writes to the results folder: what a run came to goes back through the pipe as plain values.
"""

from __future__ import annotations

import io
import os
import random
import sys
import threading
import traceback
from collections import deque
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixsuite.domains.build import make_data, make_model
from mixsuite.domains.contract import Data, Dataset, Domain, Raw
from mixsuite.domains.stack import Unstackable
from mixsuite.errors import InputError, SkipRun
from mixsuite.matrix import check_model
from mixsuite.metrics import evaluate
from mixsuite.order import Order
from mixsuite.plugins import own_line
from mixsuite.recipe import Recipe
from mixsuite.resolve import code_for, code_for_probe, make_dataset, make_domain, make_method, make_probe
from mixsuite.rng import torch_seed
from mixsuite.robustness.measure import measure
from mixsuite.spec import RunSpec
from mixsuite.training import EXECUTORS, Fitted, Job
from mixsuite.training.lockstep import worthwhile
from mixsuite.training.predict import predict

_DTYPES = {"float32": torch.float32, "bf16": torch.float32, "float64": torch.float64}


class Bench:
    """Everything a worker keeps between runs: the data sets it read last."""

    def __init__(self, held: int = 2) -> None:
        self._raw: deque[tuple[Dataset, Path, Raw]] = deque(maxlen=held)

    def raw(self, dataset: Dataset, root: Path) -> Raw:
        """A data set's rows, read once while it is among the last ones used."""
        for kept, at, raw in self._raw:
            if type(kept) is type(dataset) and kept == dataset and at == root:
                return raw
        try:
            raw = dataset.load(root)
        except (InputError, ImportError):
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())}{own_line(error)}"
            raise InputError(f"{type(dataset).__name__}: its rows cannot be read: {said}") from error
        self._raw.append((dataset, root, raw))
        return raw

    def do(self, order: Order) -> dict[str, Any]:
        """Carry out an order. Never raises: "status" is ok, skipped, failed, bad_input; "split", where the runs are
        to be done one by one; or "runs" are listed, each with a status of its own, in the order's order."""
        try:
            return {"status": "runs", "runs": self._run(order)} if order.specs else self._look(order)
        except Unstackable:
            if len(order.specs) > 1:
                return {"status": "split", "executor": "loop"}
            fresh_state(order)
            return self.do(replace(order, executor="loop"))
        except Exception as error:
            # One run of a block went wrong: each is done by itself, and the guilty one fails alone.
            return {"status": "split", "executor": None} if len(order.specs) > 1 else _ended(error)

    def _open(self, order: Order, seed: int) -> tuple[Domain, Data, Recipe]:
        task = order.task
        domain, dataset = make_domain(task.domain), make_dataset(task)
        needs = (*domain.requires, *type(dataset).requires)
        try:
            raw = self.raw(dataset, order.root)
        except ImportError as error:
            package = (error.name or "").split(".")[0]
            if package not in needs:
                raise
            raise SkipRun(f"{package} cannot be imported ({error}); install it: pip install {package}") from None
        recipe: Recipe = check_model(Recipe, dict(task.recipe), f"recipe {task.recipe_name}")
        data = make_data(domain, dataset, raw, seed, order.device, _DTYPES[recipe.precision])
        return domain, data, recipe

    def _look(self, order: Order) -> dict[str, Any]:
        domain, data, recipe = self._open(order, seed=0)
        model = make_model(domain, data, recipe, seed=0)
        if recipe.batch > len(data.train):
            raise InputError(
                f"{order.task.name}: recipe's batch={recipe.batch} is more than its {len(data.train)} training rows"
            )
        if order.task.select == "best_validation" and not len(data.valid):
            raise InputError(f"{order.task.name}: select = 'best_validation' needs validation rows; this task has none")
        steps = recipe.length(len(data.train))
        executor = "lockstep" if worthwhile(model, data, recipe, domain.block) else "loop"
        return {"status": "ok", "reason": "", "seconds": steps * domain.step_seconds, "executor": executor}

    def _run(self, order: Order) -> list[dict[str, Any]]:
        probes_changed = any(code_for_probe(probe) != code for probe, code in order.probes)
        if code_for(order.specs[0])["hash"] != order.code or probes_changed:
            raise RuntimeError("a source file of this run was changed after the call began; run it again")
        found: dict[RunSpec, dict[str, Any]] = {}
        jobs: dict[RunSpec, Job] = {}
        for spec in order.specs:
            try:
                jobs[spec] = self.job(order, spec)
            except Exception as error:
                found[spec] = _ended(error)
        fitted = EXECUTORS[order.executor](list(jobs.values()))
        for (spec, job), one in zip(jobs.items(), fitted, strict=True):
            try:
                found[spec] = _ended(one) if isinstance(one, Exception) else _outcome(order, spec, job.data, one)
            except Exception as error:
                found[spec] = _ended(error)
        return [found[spec] for spec in order.specs]

    def job(self, order: Order, spec: RunSpec) -> Job:
        """A run, ready to train."""
        domain, data, recipe = self._open(order, spec.seed)
        model, method = make_model(domain, data, recipe, spec.seed), make_method(spec.method)
        augment = domain.augment(recipe)
        return Job(spec.task.domain, data, model, method, recipe, spec.seed, spec.task.select, augment, order.block)


def _ended(error: Exception) -> dict[str, Any]:
    """What an order or a run came to that did not come to its end."""
    if isinstance(error, SkipRun):
        return {"status": "skipped", "reason": str(error)}
    if isinstance(error, InputError):
        return {"status": "bad_input", "reason": str(error)}
    trace = "".join(traceback.format_exception(error))
    return {"status": "failed", "reason": f"{type(error).__name__}: {error}{own_line(error)}\n\n{trace}"}


def _outcome(order: Order, spec: RunSpec, data: Data, fitted: Fitted) -> dict[str, Any]:
    """A trained model's part of a record."""
    out, y = predict(fitted.model, data.test), data.test.y
    if data.kind == "regression":
        out, y = data.unscaled(out), data.unscaled(y)
    valid = (predict(fitted.model, data.valid), data.valid.y) if len(data.valid) else (None, None)
    try:
        found = evaluate(out, y, data.kind, *valid)
    except FloatingPointError as error:
        return {"status": "failed", "reason": f"not a number: {error}"}
    bad = [name for name, value in found["metrics"].items() if not np.isfinite(value)]
    if bad:
        return {"status": "failed", "reason": f"not a number: {', '.join(bad)}"}
    if order.predictions is not None:
        _save_predictions(order.predictions / f"{spec.id}.npz", out, y)
    probes = {}
    for probe, code in order.probes:
        seen = measure(make_probe(probe), probe.name, fitted.model, data, order.task.domain, spec.seed)
        found["metrics"] |= seen.pop("metrics")
        probes[probe.name] = {"code": code, **seen}
    return {
        "status": "ok",
        "reason": "",
        **found,
        "probes": probes,
        "curve": fitted.curve,
        "seconds": fitted.seconds,
        "steps": fitted.steps,
        "rows_per_step": fitted.rows_per_step,
        "peak_memory": fitted.peak_memory,
        "parameters": sum(p.numel() for p in fitted.model.parameters()),
        "parts": {"train": len(data.train), "valid": len(data.valid), "test": len(data.test)},
        "split": data.split,
        "executor": fitted.executor | {"deterministic": order.deterministic},
        "digests": data.digests | fitted.digests,
        "machine": machine(order.device),
    }


def _save_predictions(path: Path, out: torch.Tensor, y: torch.Tensor) -> None:
    """Outputs and targets of the test part as <run id>.npz, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez(buffer, out=out.cpu().numpy(), y=y.cpu().numpy())
    part = path.with_suffix(".part")
    part.write_bytes(buffer.getvalue())
    part.replace(path)


def machine(device: str) -> dict[str, Any]:
    """The kind of machine, as far as a result may depend on it."""
    import platform

    info: dict[str, Any] = {
        "device": device,
        "system": platform.system(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }
    if device.startswith("cuda"):
        info["gpu"] = torch.cuda.get_device_name(device)
        info["cuda"] = torch.version.cuda
    return info


def fresh_state(order: Order) -> None:
    """Put the process's global state where every run finds it: what a careless method does to it, or draws
    from it, must not reach the next run. Nothing of the suite's own reads it."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)
    seed = torch_seed(order.specs[0].seed if order.specs else 0, "global state")
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)


def serve(pipe: Connection) -> None:
    """Answer orders until the other end closes. Where it closes in the middle of a run, the process ends."""
    bench, orders = Bench(), deque[tuple[int, Order]]()
    waiting = threading.Semaphore(0)

    def listen() -> None:
        while True:
            try:
                orders.append(pipe.recv())
            except (EOFError, OSError):
                os._exit(0)  # the runner is gone: nobody would take the result
            waiting.release()

    threading.Thread(target=listen, daemon=True).start()
    myself = os.getpid()
    pipe.send((0, {"status": "ready"}))
    while True:
        waiting.acquire()
        number, order = orders.popleft()
        fresh_state(order)
        if order.deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)
        outcome = bench.do(order)
        if os.getpid() != myself:
            os._exit(0)  # a method forked: its child has no say
        pipe.send((number, outcome))


def main() -> None:
    """The process that the pool starts: ``python -c ... PIPE``."""
    # What libraries print must not disturb the terminal: it goes where stderr goes, the pool's log.
    sys.stdout = sys.stderr
    serve(Connection(int(sys.argv[1])))
