"""A worker process: it carries out the work that comes through a pipe.

It never writes records: results go back through the pipe.
"""

from __future__ import annotations

import copy
import gc
import io
import os
import platform
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixsuite.data.rows import Data, Raw
from mixsuite.domains.base import Dataset
from mixsuite.domains.network import check_augmentations, checked_network
from mixsuite.errors import InputError, SkipRun
from mixsuite.evaluation.measure import measure
from mixsuite.evaluation.row_losses import row_losses
from mixsuite.evaluation.score import predictions_of, score
from mixsuite.execution.checkpoint_file import CheckpointFile
from mixsuite.execution.devices import devices_here
from mixsuite.execution.execute import (
    OpenTask,
    make_job,
    open_task,
    outputs,
    reset_global_state,
    result_of,
    train,
)
from mixsuite.execution.messages import (
    Answer,
    Beat,
    BlockResult,
    Inspection,
    InspectTask,
    Paused,
    Ready,
    RetryApart,
    TrainBlock,
)
from mixsuite.execution.process import prepare_process, process_state
from mixsuite.execution.ranks import Followed, joined
from mixsuite.execution.result import RunResult
from mixsuite.execution.unchanged import check_code, check_files
from mixsuite.experiment.build import (
    load_parts,
    make_method,
    make_metric,
    make_probe,
)
from mixsuite.experiment.spec import RunSpec
from mixsuite.models.ranks import Ranks
from mixsuite.models.stack import Unstackable
from mixsuite.plugins.load import told, user_code_location
from mixsuite.results.files import write_whole
from mixsuite.results.row_files import write_row_file
from mixsuite.training.checkpoint import Stopped
from mixsuite.training.job import Job, TrainResult
from mixsuite.training.lockstep import lockstep_pays_off
from mixsuite.training.memory import keep_freed_memory

_BEAT = 0.2  # seconds between two signs of life


class Worker:
    """The work of a worker process. Between tasks it keeps the ``kept`` data sets that it read last.

    Of the package's own work it keeps the rows that it opened last too: candidates of one search, and the methods of a
    seed, train on the same. Outsiders' code might have changed them.

    beat: called whenever work gets on, at every step of a training and between the parts of a block, with the share of
          its steps that are made.
    """

    def __init__(self, kept: int = 2, beat: Callable[[float], None] = lambda share: None) -> None:
        self._raw: deque[tuple[Dataset, Path, str, Raw]] = deque(maxlen=kept)
        self._opened: tuple[Any, ...] = ()  # what made the data, and the data
        self._beat = beat
        self._steps, self._made = 0, 0  # of the work in hand, and those that are made

    def execute(self, work: InspectTask | TrainBlock) -> Answer:
        """Carry out work. This never raises: the answer says what went wrong.

        Runs that leave the process changed are failed. Their own numbers may be right, but those of the runs after them
        in a loop of one's own would not be; the process is put back, so that here they are.
        """
        before = process_state()
        answer = self._execute(work)
        if isinstance(answer, BlockResult) and any(result.status == "failed" for result in answer.results):
            gc.collect()  # an error holds what its run held, a card's memory too
        changed = [what for what, (value, _) in process_state().items() if value != before[what][0]]
        for what in changed:
            value, put_back = before[what]
            put_back(value)
        if changed and isinstance(answer, BlockResult):
            reason = f"it leaves {' and '.join(changed)} changed; its code must put back what it changes"
            failed = [RunResult("failed", reason) if result.status == "ok" else result for result in answer.results]
            return replace(answer, results=tuple(failed))
        return answer

    def _execute(self, work: InspectTask | TrainBlock) -> Answer:
        if isinstance(work, InspectTask):
            return self._inspect(work)
        try:
            return BlockResult(tuple(self._train(work)), work.data)
        except Stopped:
            return Paused()
        except (Unstackable, torch.OutOfMemoryError) as error:
            if work.num_runs > 1:
                return RetryApart("loop")
            if work.executor == "loop":
                return BlockResult((_ended_early(error),))
        except BaseException as error:  # a method may call sys.exit; Ctrl-C does not reach workers
            # If a block fails, its runs are retried one at a time, so only the faulty run is lost.
            return RetryApart() if work.num_runs > 1 else BlockResult((_ended_early(error),))
        reset_global_state(work.runs[0].seed)  # a block fills all its slots, however few its runs
        return self._execute(replace(work, executor="loop"))

    def raw(self, dataset: Dataset, root: Path, planned: str) -> Raw:
        """Read a data set's rows, or take them from the data sets that were read last.

        planned: the fingerprint that the files must have, before they are read and after.

        Raises:
            InputError: the rows cannot be read, or the files are not those of the plan.
            ImportError: a library that the loader needs is not installed.
        """
        for known, folder, fingerprint, raw in self._raw:
            if type(known) is type(dataset) and (known, folder, fingerprint) == (dataset, root, planned):
                return raw
        check_files(dataset, root, planned)
        try:
            raw = dataset.load(root)
        except (InputError, ImportError):
            raise
        except BaseException as error:
            what = told(error)
            raise InputError(f"{type(dataset).__name__}: its rows cannot be read: {what}") from error
        check_files(dataset, root, planned)
        self._raw.append((dataset, root, planned, raw))
        return raw

    def open(self, work: InspectTask | TrainBlock, seed: int) -> OpenTask:
        """Open a task's data for one seed.

        Raises:
            SkipRun: a library that the data set or its domain needs is not installed.
            InputError: the data cannot be used as asked.
        """
        parts = load_parts(work.task)
        try:
            raw = self.raw(parts.dataset, work.data_root, work.data)
        except ImportError as error:
            raise _missing_package(error, parts.requires) from error
        task = work.task
        key = (work.data_root, work.data, task.dataset, dict(task.recipe)["precision"], task.fold, work.device, seed)
        own = work.outsiders == ("", "")
        known = self._opened[1] if own and self._opened and self._opened[0] == key else None
        opened = open_task(task, parts, raw, seed, work.device, known, work.readers)
        self._opened = (key, opened.data) if own else ()
        return opened

    def _inspect(self, work: InspectTask) -> Inspection:
        try:
            opened = self.open(work, seed=0)
            parts = opened.parts
            model = checked_network(parts.model, opened.data, opened.recipe.model, parts.weights)
            check_augmentations(parts.augment, opened.data, opened.recipe.augment)
        except InputError as error:
            return Inspection(str(error))
        except BaseException:
            return Inspection()  # each of its runs will say why
        name, recipe, data = work.task.name, opened.recipe, opened.data
        if (devices := recipe.devices or 1) > min(recipe.batch, there := devices_here(work.device)):
            what = f"a batch of {recipe.batch}" if recipe.batch < devices else f"{there} here"
            return Inspection(f"{name}: recipe's devices={devices}: more than {what} (--device {work.device})")
        if recipe.batch > len(data.train):
            return Inspection(f"{name}: recipe's batch={recipe.batch} is more than its {len(data.train)} training rows")
        if work.task.select == "best_validation" and not len(data.valid):
            return Inspection(f"{name}: select = 'best_validation' needs validation rows; this task has none")
        seconds = recipe.length(len(data.train)) * parts.domain.step_seconds
        lockstep = (
            devices == 1 and parts.optimizer.stackable and lockstep_pays_off(model, data, recipe, parts.domain.block)
        )
        rows = {"train": len(data.train), "valid": len(data.valid), "test": len(data.test)}
        return Inspection("", seconds, "lockstep" if lockstep else "loop", rows)

    def _train(self, block: TrainBlock) -> list[RunResult]:
        check_code(block)
        results: dict[RunSpec, RunResult] = {}
        with joined(block) as together:
            jobs, results = self._jobs(block, together.ranks)
            steps = [job.steps for job in jobs.values()]
            self._steps, self._made = max(steps, default=0) if block.executor == "lockstep" else sum(steps), 0
            found = train(list(jobs.values()), block.executor)
            found = [together.blamed(one) if isinstance(one, Exception) else one for one in found]
        for (run, job), trained in zip(jobs.items(), found, strict=True):
            self._beat(1.0)
            if isinstance(trained, Stopped):
                raise trained
            try:
                results[run] = self._result(block, run, job.data, trained)
            except Exception as error:
                results[run] = _ended_early(error)
        return [results[run] for run in block.runs]

    def _jobs(self, block: TrainBlock, ranks: Ranks | None) -> tuple[dict[RunSpec, Job], dict[RunSpec, RunResult]]:
        """(the runs of a block that are ready to train, the results of those that never will be)."""
        jobs: dict[RunSpec, Job] = {}
        results: dict[RunSpec, RunResult] = {}
        for run in block.runs:
            self._beat(0.0)
            try:
                path = block.checkpoint_of(run)
                checkpoint = None if path is None else CheckpointFile(path, block.until)
                jobs[run] = replace(self.job(block, run), beat=self._step, checkpoint=checkpoint, ranks=ranks)
            except Exception as error:
                results[run] = _ended_early(error)
        return jobs, results

    def follow(self, block: TrainBlock, ranks: Ranks) -> None:
        """Train a block's runs along, as a rank other than 0; what comes of it is rank 0's to say.

        Raises:
            Exception: what ended a run here; rank 0 may have had it too, or have lost this process by it.
        """
        check_code(block)
        device = block.device if block.device == "cpu" else f"cuda:{ranks.rank}"
        jobs, _ = self._jobs(replace(block, device=device), ranks)
        here = [replace(job, checkpoint=job.checkpoint and Followed(job.checkpoint)) for job in jobs.values()]
        for result in train(here, block.executor):
            if isinstance(result, Exception):
                raise result

    def _step(self) -> None:
        """Note a step of the training."""
        self._made += 1
        self._beat(min(1.0, self._made / max(1, self._steps)))

    def job(self, block: TrainBlock, run: RunSpec) -> Job:
        """Make a run of a block ready to train.

        Raises:
            SkipRun: as ``open``.
            InputError: as ``open``.
        """
        opened = self.open(block, run.seed)
        try:
            return make_job(opened, run, make_method(run.method), block.block)
        except ImportError as error:
            raise _missing_package(error, opened.parts.requires) from error

    def _result(self, block: TrainBlock, run: RunSpec, data: Data, trained: TrainResult | Exception) -> RunResult:
        if isinstance(trained, Exception):
            return _ended_early(trained)
        out, y = outputs(trained, data)
        result = result_of(trained, data, (out, y), block.deterministic)
        if result.status != "ok":
            return result
        if block.predictions is not None:
            _save_predictions(block.predictions / f"{run.id}.npz", out, y)
        if block.weights is not None:
            _save_weights(block.weights / f"{run.id}.pt", trained.model)
        metrics, probes = dict(result.metrics), {}
        predictions = predictions_of(out, y, data.kind) if block.metrics else None
        for metric, code in block.metrics:
            assert predictions is not None
            # The arrays are shared, and read-only; what a metric derives from them is its own.
            scored = score(make_metric(metric), metric.name, replace(predictions))
            metrics |= scored.pop("metrics")
            probes[metric.name] = {"code": code, **scored}
        primary = run.task.primary.name
        if primary not in metrics:
            reason = probes.get(primary, {}).get("reason", "the test part gives no such number")
            return RunResult("failed", f"the primary metric {primary}: {reason}", probes=probes)
        for probe, code in sorted(block.probes, key=lambda pair: pair[0].source is not None):
            # An outsider's probe may write to what it is given: it comes after the package's, and gets copies.
            model, rows = (trained.model, data) if probe.source is None else copy.deepcopy((trained.model, data))
            measurement = measure(make_probe(probe), probe.name, model, rows, run.task.domain, run.seed)
            metrics |= measurement.pop("metrics")
            probes[probe.name] = {"code": code, **measurement}
        if block.out is not None:
            kept = row_losses(out, y, data.kind, primary)
            result = replace(result, rows_file=write_row_file(block.out, run.id, kept))
        return replace(result, metrics=metrics, probes=probes, machine=machine(block.device))


def _missing_package(error: ImportError, declared: tuple[str, ...]) -> Exception:
    """A skip where a package that a plugin declares cannot be imported; else the error itself."""
    package = (error.name or "").split(".")[0]
    if package not in declared:
        return error
    return SkipRun(f"{package} cannot be imported ({error}); install it: pip install {package}")


def _ended_early(error: BaseException) -> RunResult:
    """Turn an exception that ended a run into its result.

    Bad input gives one line without a traceback: the call has checked its input already, so a run meets bad input only
    if the data have changed since.
    """
    if isinstance(error, SkipRun):
        return RunResult("skipped", str(error))
    if isinstance(error, InputError):
        return RunResult("failed", str(error))
    trace = "".join(traceback.format_exception(error))
    return RunResult("failed", f"{type(error).__name__}: {error}{user_code_location(error)}\n\n{trace}")


def _save_predictions(path: Path, out: torch.Tensor, y: torch.Tensor) -> None:
    """Write outputs and targets of the test part as <run id>.npz, whole or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, out=out.cpu().numpy(), y=y.cpu().numpy())
    content = buffer.getvalue()
    write_whole(path, lambda part: part.write_bytes(content))


def _save_weights(path: Path, model: torch.nn.Module) -> None:
    """Write a model's named tensors as <run id>.pt, whole or not at all."""
    tensors = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
    write_whole(path, lambda part: torch.save(tensors, part))


def machine(device: str) -> dict[str, Any]:
    """Describe the machine, as far as a result may depend on it."""
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


def serve(pipe: Connection) -> None:
    """Carry out work until the other end of the pipe closes; the process then ends, even in the middle of a run."""
    keep_freed_memory()
    waiting, arrived = deque[tuple[int, InspectTask | TrainBlock]](), threading.Semaphore(0)
    number, told = 0, 0.0

    def beat(share: float) -> None:
        nonlocal told
        if time.monotonic() - told > _BEAT and os.getpid() == process:
            told = time.monotonic()
            pipe.send((number, Beat(share)))

    worker = Worker(beat=beat)

    def listen() -> None:
        while True:
            try:
                waiting.append(pipe.recv())
            except (EOFError, OSError):
                os._exit(0)  # the runner is gone, so nobody would take the result
            arrived.release()

    threading.Thread(target=listen, daemon=True).start()
    process = os.getpid()
    pipe.send((0, Ready(process)))
    while True:
        arrived.acquire()
        number, work = waiting.popleft()
        prepare_process(work)
        answer = worker.execute(work)
        if os.getpid() != process:
            os._exit(0)  # a method forked: only the parent may answer
        pipe.send((number, answer))
