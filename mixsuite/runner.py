"""The only module that knows the whole order: resolve, skip what is done, train, record, report."""

from __future__ import annotations

import datetime
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixsuite.errors import InputError
from mixsuite.matrix import Matrix, load_matrix
from mixsuite.order import Order
from mixsuite.pool import Pool
from mixsuite.records import SCHEMA, Record, RecordWriter
from mixsuite.resolve import Resolved, make_domain, make_method
from mixsuite.shown import Shown, load_shown
from mixsuite.spec import RunSpec, Task, file_names, parse_seeds, split_list
from mixsuite.work import Options, Rerun, Work, data_root, estimate, plan_work, prepare

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Tally:
    """How a call stands, for the progress display."""

    total: int
    running: int = 0
    ok: int = 0
    failed: int = 0
    skipped: int = 0
    seconds_left: float | None = None
    last: str = ""

    @property
    def done(self) -> int:
        return self.ok + self.failed + self.skipped


Watch = Callable[[Tally], None]


def pick_device(device: str) -> str:
    """ "auto" as cuda where there is one, else cpu.

    Raises:
        InputError: cuda was asked for and is not there.
    """
    import torch

    if device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise InputError("--device cuda: torch sees no CUDA device here (allowed: auto, cpu)")
    return "cpu"


def _size(options: Options, device: str) -> int:
    if options.workers is not None:
        return options.workers
    return len(os.sched_getaffinity(0)) if device == "cpu" else 1


@dataclass(frozen=True)
class _Look:
    """What opening a task showed: rough seconds a run, and the executor that suits it."""

    seconds: float
    executor: str


def _look(pool: Pool, work: Work, options: Options, device: str) -> dict[str, _Look]:
    """Open every task once before anything is written.

    Raises:
        InputError: a task that cannot be run as asked (more rows than there are, ...).
    """
    tasks: dict[str, Task] = {run.task.name: run.task for run in work.todo}
    seen = {}
    for order, found in pool.map([Order(task, options.data, device) for task in tasks.values()]):
        if found["status"] == "bad_input":
            raise InputError(found["reason"])
        suits = found.get("executor", "loop") if options.executor == "auto" else options.executor
        seen[order.task.name] = _Look(found.get("seconds", 1.0), suits)
    return seen


def _orders(
    resolved: Resolved, work: Work, options: Options, seen: dict[str, _Look], device: str, deterministic: bool
) -> list[Order]:
    """Runs of a cell whose seeds lie in one block are one order; where the executor is the loop, a run is one."""
    tasks = {run.task.name: run.task for run in work.todo}
    blocks = {name: make_domain(task.domain).block for name, task in tasks.items()}
    stackable = {method.name: make_method(method).stackable for method in resolved.methods}
    grouped: dict[tuple[str, str, str, int], list[RunSpec]] = {}
    for run in work.todo:
        task, method = run.task.name, run.method.name
        executor = seen[task].executor if stackable[method] else "loop"
        size = blocks[task] if executor == "lockstep" else 1
        grouped.setdefault((task, method, executor, run.seed // size), []).append(run)
    return [
        Order(
            specs=tuple(runs),
            task=runs[0].task,
            root=options.data,
            device=device,
            code=work.code[task, method]["hash"],
            executor=executor,
            block=blocks[task],
            deterministic=deterministic,
            predictions=options.out / "predictions" if options.save_predictions else None,
            probes=tuple((probe, work.probes[probe.name]) for probe in resolved.probes),
        )
        for (task, method, executor, _), runs in grouped.items()
    ]


def _record(run: RunSpec, work: Work, found: dict[str, Any], device: str) -> Record:
    task = run.task
    names = {
        "domain": task.domain,
        "dataset": task.shown_dataset,
        "recipe": task.recipe_name,
        "task": task.name,
        "method": run.method.name,
    }
    status = "failed" if found["status"] == "bad_input" else found["status"]
    rest = {k: v for k, v in found.items() if k in Record.__dataclass_fields__ and k != "status"}
    return Record(
        schema=SCHEMA,
        id=run.id,
        names=names,
        spec=run.canonical(),
        status=status,
        code=work.code[task.name, run.method.name],
        data=work.data[task.name],
        time=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
        **{"machine": {"device": device}, **rest},
    )


def dry_run(work: Work, options: Options) -> tuple[Counter[tuple[str, str]], float]:
    """What a call would train: (task, method) -> runs still to do, and an estimate in seconds."""
    cells = Counter((run.task.name, run.method.name) for run in work.todo)
    if not work.todo:
        return cells, 0.0
    device = pick_device(options.device)
    size = _size(options, device)
    with Pool(size) as pool:
        seen = _look(pool, work, options, device)
    return cells, estimate(work, {task: look.seconds for task, look in seen.items()}, size)


def execute(
    matrix: Matrix,
    resolved: Resolved,
    work: Work,
    options: Options,
    watch: Watch = lambda tally: None,
    pool: Pool | None = None,
    beside: Callable[[], object] = lambda: None,
) -> Tally:
    """Train what is to do, one record an outcome, and remember the cells in <out>/matrix.toml.

    pool:   one whose workers were started in advance; closed at the end.
    beside: what can be done meanwhile, in a thread of its own, once the cells are remembered.

    Raises:
        InputError: bad input found only by opening the data; nothing has been written then.
        KeyboardInterrupt: stopped; what was finished is recorded, and the next call goes on.
    """
    device = pick_device(options.device)
    tally = Tally(total=len(work.todo))
    if not work.todo:
        with RecordWriter(options.out):
            _remember(matrix, resolved, work, options)
        beside()
        watch(tally)
        return tally
    size = _size(options, device)
    load_shown(options.out)  # refused before anything is trained
    with pool or Pool() as pool:
        pool.size, pool.timeout = size, options.timeout
        pool.start(len(work.todo))
        seen = _look(pool, work, options, device)
        with RecordWriter(options.out) as writer:
            work = plan_work(resolved, options)  # another call may have ended since
            tally.total = len(work.todo)
            shown = _remember(matrix, resolved, work, options)
            files = file_names(list(shown.tasks.values()))
            rough = {task: look.seconds for task, look in seen.items()}
            clock = _Clock(estimate(work, rough, size) - 3.0, len(work.todo))
            tally.seconds_left = clock.left(0)

            def running(count: int) -> None:
                tally.running = count
                watch(tally)

            thread = _Beside(beside)
            orders = _orders(resolved, work, options, seen, device, matrix.deterministic)
            for order, found in pool.map(orders, running):
                for run, outcome in zip(order.specs, found.get("runs", [found] * order.size), strict=True):
                    record = _record(run, work, outcome, device)
                    writer.append(files[order.task.name], record)
                    setattr(tally, record.status, getattr(tally, record.status) + 1)
                    tally.last = f"{record.names['task']} {record.names['method']} seed {record.seed}: {record.status}"
                tally.seconds_left = clock.left(tally.done)
                watch(tally)
            thread.end()
    return tally


class _Beside:
    """Work in a thread that an interrupted call does not wait for."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error

    def end(self) -> None:
        """Wait for it; what it raised is raised here."""
        self._thread.join()
        if self._error is not None:
            raise self._error


def _remember(matrix: Matrix, resolved: Resolved, work: Work, options: Options) -> Shown:
    shown = load_shown(options.out)
    shown.reference, shown.margin, shown.matrix = resolved.reference, matrix.margin, matrix.source
    shown.add(work.runs)
    shown.save(options.out)
    return shown


class _Clock:
    """Time left: the estimate at first, then the pace so far."""

    def __init__(self, estimate: float, total: int) -> None:
        self.started, self.estimate, self.total = time.monotonic(), estimate, total

    def left(self, done: int) -> float:
        gone = time.monotonic() - self.started
        if not done:
            return self.estimate
        return gone / done * (self.total - done)


def run(
    matrix: str = "quick",
    *,
    methods: str | list[str] | None = None,
    datasets: str | list[str] | None = None,
    seeds: str | list[int] | None = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    rerun: Rerun = "missing",
    accept_old: bool = False,
    timeout: float | None = None,
    save_predictions: bool = False,
) -> pd.DataFrame:
    """Run a matrix and return its tidy frame, as <out>/runs.csv has it: one row a run and metric.

    The arguments are those of ``mixsuite run``; what is done already is not trained again.

    Raises:
        InputError: bad input, in one line.
    """
    from mixsuite.report.leaderboard import build

    chosen = load_matrix(matrix)
    options = Options(
        out=Path(out) if out is not None else Path("results") / chosen.name,
        data=data_root(Path(data) if data is not None else None),
        device=device,
        workers=workers,
        executor=executor,
        rerun=rerun,
        accept_old=accept_old,
        timeout=timeout,
        save_predictions=save_predictions,
    )
    with Pool() as pool:
        pool.start(1)
        resolved, work = prepare(
            chosen,
            options,
            split_list(methods) if isinstance(methods, str) else methods,
            split_list(datasets) if isinstance(datasets, str) else datasets,
            parse_seeds(seeds) if seeds is not None else None,
        )
        execute(chosen, resolved, work, options, pool=pool)
    return build(options.out).runs
