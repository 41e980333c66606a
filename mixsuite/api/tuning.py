"""Tune every method of a matrix with the same compute."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mixsuite.api.calls import Names, Seeds, lengths_of, plan_of
from mixsuite.errors import InputError
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.tuning.lengths import LengthReport
    from mixsuite.tuning.report import TuneReport


def tune(
    matrix: str = "quick",
    *,
    trials: int | None = None,
    sampler: str | None = None,
    methods: Names = None,
    datasets: Names = None,
    seeds: Seeds = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    timeout: float | None = None,
    watch: Watch = unwatched,
) -> TuneReport:
    """Tune every method of a matrix with the same compute, on training rows alone; default and tuned side by side.

    Args:
        matrix: a name in ./benchmarks or shipped with mixsuite, or a path that ends in .toml.
        trials: compute of one search, in trainings of the reference; None: that of the matrix's table [tune].
        sampler: "tpe", "random" or "grid"; None: that of the matrix's table [tune].
        methods: replace the matrix's methods; the reference is added.
        datasets: select the matrix's entries of these names, or add further entries.
        seeds: "0-9", or numbers; they replace the matrix's.
        out: results folder, by default results/tune/<matrix name>.
        data: the data root.
        device: "auto", "cpu", "cuda", or cards by number, as "cuda:0,1".
        workers: number of worker processes.
        timeout: seconds that a run may take.
        watch: called with the progress whenever it changes.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.experiment.tune import asked
    from mixsuite.tuning.run import tune as carry_out

    with Pool() as pool:
        pool.start(1)
        chosen = load_matrix(matrix)
        folder = Path(out) if out is not None else Path("results") / "tune" / chosen.name
        options = {"device": device, "workers": workers, "timeout": timeout}
        plan = plan_of(chosen, folder, data, methods, datasets, seeds, **options)
        return carry_out(plan, asked(plan.matrix.tune, trials, sampler), watch, pool)


def lengths(
    matrix: str = "quick",
    *,
    grid: str | Sequence[int] = (1, 2, 4, 8, 16),
    methods: Names = ("erm", "mixup"),
    datasets: Names = None,
    seeds: Seeds = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    timeout: float | None = None,
    watch: Watch = unwatched,
) -> LengthReport:
    """Choose the length of each task's training: the shortest of a grid at which its comparisons have converged.

    Runs are scored on inner splits of their training rows; no test row has a say.

    Args:
        matrix: a name in ./benchmarks or shipped with mixsuite, or a path that ends in .toml.
        grid: multiples of the recipes' own lengths, as "1,2,4" or numbers; a length is held against the next one.
        methods: those whose comparisons with the reference must have converged; the reference is added.
        datasets: select the matrix's entries of these names, or add further entries.
        seeds: "0-9", or numbers; they replace the matrix's.
        out: results folder, by default results/lengths/<matrix name>.
        data: the data root.
        device: "auto", "cpu", "cuda", or cards by number, as "cuda:0,1".
        workers: number of worker processes.
        timeout: seconds that a run may take.
        watch: called with the progress whenever it changes.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.tuning.lengths import choose_lengths

    wanted = tuple(sorted({1, *lengths_of(grid)}))
    if len(wanted) < 2:
        raise InputError("--grid: at least one length above 1 is needed, as in 1,2,4")
    with Pool() as pool:
        pool.start(1)
        chosen = load_matrix(matrix).model_copy(update={"lengths": wanted})
        folder = Path(out) if out is not None else Path("results") / "lengths" / chosen.name
        options = {"device": device, "workers": workers, "timeout": timeout}
        plan = plan_of(chosen, folder, data, methods, datasets, seeds, **options)
        return choose_lengths(plan, watch, pool)
