"""Training a matrix anew for a comparison, with the yardstick timed beside it. The one module here that trains."""

from __future__ import annotations

from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.matrix import Matrix
from mixsuite.runner import Watch, execute
from mixsuite.tracking.speed import save_yardstick, time_yardstick
from mixsuite.work import Options, prepare


def train_anew(
    matrix: Matrix, out: Path, data: Path, executor: str = "auto", watch: Watch = lambda tally: None
) -> None:
    """Train every run of a matrix into a folder of its own; the yardstick is timed before and after.

    Raises:
        InputError: the folder holds results already, which would be compared too; or bad input of any kind.
    """
    if (out / "records").exists() or (out / "matrix.toml").exists():
        raise InputError(f"--out {out}: holds results already; remove it, or give another folder to train anew into")
    options = Options(out=out, data=data, executor=executor)
    resolved, work = prepare(matrix, options)
    before = time_yardstick()
    execute(matrix, resolved, work, options, watch)
    save_yardstick(out, before, time_yardstick())
