"""Compare results with an accepted baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mixsuite.api.calls import options_of
from mixsuite.errors import InputError
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.regression.regress import Regression

BASELINE = Path("results/baseline.csv")
HISTORY = Path("results/history.csv")


def train_anew(
    matrix: str,
    out: str | Path = "results/regress",
    *,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    timeout: float | None = None,
    watch: Watch = unwatched,
) -> None:
    """Train every run of a matrix into a folder of its own, for ``regress``, and time the yardstick before and after.

    Raises:
        InputError: the folder holds results already, which would be compared too; or any other bad input.
    """
    from mixsuite.execution.planning import plan_call
    from mixsuite.execution.runner import execute
    from mixsuite.experiment.matrix import load_matrix
    from mixsuite.regression.yardstick import save_yardstick, time_yardstick

    folder = Path(out)
    if (folder / "records").exists() or (folder / "matrix.toml").exists():
        raise InputError(f"--out {out}: holds results already; remove it, or give another folder to train anew into")
    options = options_of(folder, data, device=device, workers=workers, executor=executor, timeout=timeout)
    plan = plan_call(load_matrix(matrix), options)
    before = time_yardstick()
    execute(plan, watch)
    save_yardstick(folder, before, time_yardstick())


def regress(
    out: str | Path = "results/regress",
    baseline: str | Path = BASELINE,
    *,
    matrix: str | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    timeout: float | None = None,
    costs: Literal["gate", "show"] = "gate",
    watch: Watch = unwatched,
) -> Regression:
    """Did anything change since the accepted baseline, and is it real?

    Args:
        out: the results folder to compare.
        baseline: the CSV file of the accepted baseline.
        matrix: trained anew into ``out`` first, with the yardstick timed beside it; the options below are for that.
        data: the data root.
        device: "auto", "cpu", "cuda", or cards by number, as "cuda:0,1".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        timeout: seconds that a run may take.
        costs: whether a cost that grew too much is a regression ("gate"), or only told ("show").
        watch: called with the progress whenever it changes.

    Raises:
        InputError: no baseline or results, a corrupted file, or a baseline of other data, recipes or parameters.
    """
    from mixsuite.regression.baseline import load_baseline
    from mixsuite.regression.regress import compare_with_baseline

    if costs not in ("gate", "show"):
        raise InputError(f"costs={costs!r}: allowed: gate, show")
    if matrix is not None:
        if Path(baseline).exists():
            load_baseline(Path(baseline))  # refused before anything is trained
        train_anew(
            matrix, out, data=data, device=device, workers=workers, executor=executor, timeout=timeout, watch=watch
        )
    return compare_with_baseline(Path(out), Path(baseline), gate_costs=costs == "gate")
