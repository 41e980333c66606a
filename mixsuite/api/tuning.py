"""Tune every method of a matrix with the same compute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mixsuite.api.calls import Names, Seeds, names_of, options_of, seeds_of
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
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
        device: "auto", "cpu" or "cuda".
        workers: number of worker processes.
        timeout: seconds that a run may take.
        watch: called with the progress whenever it changes.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.planning import plan_call
    from mixsuite.execution.pool import Pool
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.experiment.tune import asked
    from mixsuite.tuning.run import tune as carry_out

    with Pool() as pool:
        pool.start(1)
        chosen = load_matrix(matrix)
        folder = Path(out) if out is not None else Path("results") / "tune" / chosen.name
        options = options_of(folder, data, device=device, workers=workers, timeout=timeout)
        plan = plan_call(chosen, options, names_of(methods), names_of(datasets), seeds_of(seeds))
        return carry_out(plan, asked(plan.matrix.tune, trials, sampler), watch, pool)
