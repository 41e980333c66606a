"""Carry out a plan: inspect its tasks, train its runs in blocks, and write one record per run."""

from __future__ import annotations

import contextlib
import datetime
import time
import warnings
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.execution.devices import devices_here, pick_device
from mixsuite.execution.messages import BlockResult, Inspection, InspectTask, Paused, TrainBlock
from mixsuite.execution.planning import CallPlan, Options, costs
from mixsuite.execution.pool import InHand, Pool
from mixsuite.execution.progress import Progress, Watch, unwatched
from mixsuite.execution.result import RunResult
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task
from mixsuite.results.manifest import Manifest, load_manifest, task_stems
from mixsuite.results.record import SCHEMA, Record
from mixsuite.results.record_files import RecordWriter

CHECKPOINTS = "checkpoints"  # the folder of trainings that were stopped, in a results folder


def _num_workers(options: Options, device: str, cards: tuple[int, ...], devices: int = 1) -> int:
    """The number of workers where a run has so many devices."""
    if options.workers is not None:
        return options.workers
    return max(1, (devices_here("cpu") if device == "cpu" else len(cards)) // devices)


def _size(pool: Pool, plan: CallPlan) -> str:
    """Give a pool as many workers as suit a plan, and each of them its cards; return the device of its runs.

    Raises:
        InputError: there is no such device, or a run needs more cards than are named.
    """
    device, cards = pick_device(plan.options.device)
    devices = _devices(plan)
    if cards and devices > len(cards):
        raise InputError(f"a recipe's devices={devices}: --device {plan.options.device} names {len(cards)}")
    pool.size = _num_workers(plan.options, device, cards, devices)
    pool.spread(tuple(cards[i : i + devices] for i in range(0, len(cards) - devices + 1, devices)))
    return device


def _readers(plan: CallPlan, workers: int) -> int:
    """How many processes read ahead for each process that trains: the cores that these leave."""
    each = devices_here("cpu") // (workers * _devices(plan))
    return each if each > 1 else 0


def _devices(plan: CallPlan) -> int:
    """The most devices that a run of a plan has."""
    return max(task.devices for task in plan.experiment.tasks)


def _inspect(pool: Pool, plan: CallPlan, device: str, known: dict[str, Inspection]) -> dict[str, Inspection]:
    """Open every task that is still to do once, but for those that are known.

    Raises:
        InputError: a task that cannot be run as asked (more rows than there are, ...).
    """
    tasks: dict[str, Task] = {run.task.name: run.task for run in plan.todo}
    inspections = dict(known)
    works = [
        InspectTask(task, plan.options.data.absolute(), device, plan.data[n], _readers(plan, pool.size))
        for n, task in tasks.items()
        if n not in known
    ]
    for work, answer in pool.map(works):
        assert isinstance(work, InspectTask) and isinstance(answer, Inspection)
        if answer.problem:
            raise InputError(answer.problem)
        inspections[work.task.name] = answer
    return inspections


def _blocks(plan: CallPlan, inspections: dict[str, Inspection], device: str) -> list[TrainBlock]:
    """Group the runs still to do into blocks: in lockstep several seeds of a cell, in the loop one run."""
    experiment, options = plan.experiment, plan.options
    grouped: dict[tuple[Task, MethodSpec, str, int], list[RunSpec]] = {}
    for run in plan.todo:
        task, method = run.task.name, run.method.name
        suits = inspections[task].executor if options.executor == "auto" else options.executor
        together = experiment.method_of[method].stackable and experiment.parts_of[task].optimizer.stackable
        executor = suits if together and run.task.devices == 1 else "loop"
        size = experiment.parts_of[task].domain.block if executor == "lockstep" else 1
        grouped.setdefault((run.task, run.method, executor, run.seed // size), []).append(run)
    blocks = [
        TrainBlock(
            task=task,
            data_root=options.data.absolute(),
            device=device,
            runs=tuple(runs),
            code=plan.code[task.name, method.name],
            data=plan.data[task.name],
            executor=executor,
            block=experiment.parts_of[task.name].domain.block,
            deterministic=plan.matrix.deterministic,
            out=options.out.absolute() if plan.shown or plan.tuning else None,  # candidates keep no losses
            predictions=options.out.absolute() / "predictions" if options.save_predictions else None,
            weights=options.out.absolute() / "weights" if options.save_weights else None,
            probes=tuple((probe, plan.evaluations[probe.name]) for probe in experiment.probes),
            metrics=tuple((m, plan.evaluations[m.name]) for m in experiment.metrics_for(task)),
            checkpoints=options.out.absolute() / CHECKPOINTS,
            until=options.stop_at,
        )
        for (task, method, executor, _), runs in grouped.items()
    ]
    place = {task.name: number for number, task in enumerate(experiment.tasks)}
    # A worker that has run an outsider's code does no other work, so within a task such blocks stand together.
    return sorted(blocks, key=lambda block: (place[block.task.name], block.outsiders))


def _longest_first(blocks: list[TrainBlock], each: dict[str, float]) -> list[TrainBlock]:
    """Put the tasks with the longest blocks first: one that began last would leave the other workers idle.

    each: run id -> seconds that it will take, as estimated.
    """
    longest: dict[str, float] = {}
    for block in blocks:
        seconds = sum(each[run.id] for run in block.runs)
        longest[block.task.name] = max(seconds, longest.get(block.task.name, 0.0))
    return sorted(blocks, key=lambda block: -longest[block.task.name])


def _record(run: RunSpec, plan: CallPlan, result: RunResult, data_read: str, device: str) -> Record:
    task = run.task
    names = {
        "domain": task.domain,
        "dataset": task.shown_dataset,
        "recipe": task.recipe_name,
        "task": task.name,
        "method": run.method.name,
    }
    return Record(
        schema=SCHEMA,
        id=run.id,
        names=names,
        spec=run.canonical(),
        code=plan.code[task.name, run.method.name].parts,
        data=plan.data[task.name],
        data_read=data_read,
        length=float(task.length),
        time=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
        tuning=plan.tuning.get(run.id),
        **vars(result) | {"machine": result.machine or {"device": device}},
    )


def inspect(plan: CallPlan, pool: Pool) -> dict[str, Inspection]:
    """Open every task of a plan's runs once, whether or not they are still to do: task -> what it shows.

    Raises:
        InputError: a task that cannot be run as asked.
    """
    device = _size(pool, plan)
    return _inspect(pool, replace(plan, options=replace(plan.options, rerun="always")), device, {})


def dry_run(plan: CallPlan) -> tuple[Counter[tuple[str, str]], float]:
    """Return what a call would train: (task, method) -> runs still to do, and an estimate in seconds.

    Raises:
        InputError: a task that cannot be run as asked.
    """
    todo = plan.todo
    cells = Counter((run.task.name, run.method.name) for run in todo)
    if not todo:
        return cells, 0.0
    with Pool() as pool:
        device, size = _size(pool, plan), pool.size
        inspections = _inspect(pool, plan, device, {})
    each = costs(plan, {task: inspection.seconds for task, inspection in inspections.items()})
    return cells, sum(each.values()) / size + 3.0


def execute(plan: CallPlan, watch: Watch = unwatched, pool: AbstractContextManager[Pool] | None = None) -> Progress:
    """Train the runs still to do, write one record per run, and add the cells that are shown to <out>/matrix.toml.

    Args:
        plan: of the call.
        watch: called with the progress whenever it changes.
        pool: one whose workers were started in advance; it is closed at the end, unless a ``nullcontext`` keeps it.

    Raises:
        InputError: bad input that only opening the data shows; nothing has been written then.
        KeyboardInterrupt: the call was stopped, or its time is up; finished runs are recorded, and the next call goes
            on from there.
    """
    options = plan.options
    progress = Progress(plan.title, len(plan.todo))
    if not progress.total:
        with RecordWriter(options.out):
            _remember(plan)
        watch(progress)
        return progress
    load_manifest(options.out)  # a bad manifest is refused before anything is trained
    with pool or Pool() as pool:
        device, pool.timeout = _size(pool, plan), options.timeout
        pool.start(progress.total)
        inspections = _inspect(pool, plan, device, {})  # before anything is written
        with RecordWriter(options.out) as writer:
            plan = plan.refreshed()
            inspections = _inspect(pool, plan, device, inspections)  # a record may be gone since
            rough = {task: inspection.seconds for task, inspection in inspections.items()}
            each = costs(plan, rough)
            progress = Progress(plan.title, len(plan.todo), sum(each.values()))
            blocks = _longest_first(_blocks(plan, inspections, device), each)
            _name_stale(blocks)
            blocks = [replace(block, readers=_readers(plan, pool.size)) for block in blocks]
            _train(pool, blocks, plan, writer, device, progress, each, watch)
    if progress.done < progress.total:
        raise KeyboardInterrupt
    return progress


def _name_stale(blocks: list[TrainBlock]) -> None:
    """Say how many checkpoints of these blocks do not fit them. A block's is under the name of its first run."""
    folder = blocks[0].checkpoints if blocks else None
    if folder is None or not folder.is_dir():
        return
    fitting = {block.runs[0].id: block.checkpoint_of(block.runs[0]) for block in blocks}
    stale = [path for path in folder.glob("*.pt") if fitting.get(path.name.partition("-")[0], path) != path]
    if stale:
        warnings.warn(
            f"{len(stale)} checkpoints in {folder.name}/ are of other code or data; those trainings begin anew",
            stacklevel=2,
        )


def _train(
    pool: Pool,
    blocks: list[TrainBlock],
    plan: CallPlan,
    writer: RecordWriter,
    device: str,
    progress: Progress,
    each: dict[str, float],
    watch: Watch,
) -> None:
    files = task_stems(_remember(plan))

    def running(in_hand: InHand) -> None:
        blocks = [(work.runs, share) for work, share in in_hand if isinstance(work, TrainBlock)]
        progress.running = sum(len(runs) for runs, _ in blocks)
        progress.begun_cost = sum(share * each[run.id] for runs, share in blocks for run in runs)
        watch(progress)

    until = plan.options.stop_at
    for block, answer in pool.map(blocks, running, lambda: until is not None and time.time() >= until):
        if isinstance(answer, Paused):
            continue
        assert isinstance(block, TrainBlock) and isinstance(answer, BlockResult)
        progress.begun_cost = max(0.0, progress.begun_cost - sum(each[run.id] for run in block.runs))
        for run, result in zip(block.runs, answer.results, strict=True):
            writer.append(files[run.task.name], _record(run, plan, result, answer.data_read, device))
            _drop_checkpoints(block.checkpoints, run, result)
            progress.count(
                result.status, f"{run.task.name} {run.method.name} seed {run.seed}: {result.status}", each[run.id]
            )
        watch(progress)


def _drop_checkpoints(folder: Path | None, run: RunSpec, result: RunResult) -> None:
    """Remove the checkpoints of a run whose record stands, and their folder with the last of them."""
    if folder is None or not folder.is_dir() or result.status == "failed":
        return
    for path in folder.glob(f"{run.id}-*.pt"):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # there are others
        folder.rmdir()


def _remember(plan: CallPlan) -> Manifest:
    """The folder's cells with those of the plan, which it keeps if they are shown."""
    manifest = load_manifest(plan.options.out)
    if plan.shown:
        manifest.reference, manifest.margin = plan.experiment.reference, plan.matrix.margin
        manifest.matrix = plan.matrix.source
        manifest.rank(plan.experiment.ranked)
        if plan.looks:
            manifest.declare(plan.looks)
        manifest.add(plan.runs, at_a_look=plan.looks is not None)
        manifest.save(plan.options.out)
    else:
        manifest.add(plan.runs)
    return manifest
