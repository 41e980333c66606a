"""Test the claims of papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mixsuite.api.calls import Names, names_of, options_of, stop_time
from mixsuite.errors import InputError
from mixsuite.execution.progress import Watch, unwatched

if TYPE_CHECKING:
    from mixsuite.claims.run import Finding


def claims(
    only: Names = None,
    *,
    scale: Literal["quick", "full"] = "quick",
    out: str | Path = "results/claims",
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    executor: str = "auto",
    timeout: float | None = None,
    stop_after: float | None = None,
    watch: Watch = unwatched,
) -> list[Finding]:
    """Test what the papers on mixup claim: each claim is a study with rules fixed beforehand, and a conclusion.

    The findings are written after each study. Runs that have a record already are not trained again.

    Args:
        only: names of studies; None: all.
        scale: "quick", or "full" for the papers' own sizes.
        out: holds one folder per study; the table stands beside it as <out>.csv.
        data: the data root.
        device: "auto", "cpu", "cuda", or cards by number, as "cuda:0,1".
        workers: number of worker processes.
        executor: "auto", "loop" or "lockstep".
        timeout: seconds that a run may take.
        stop_after: seconds after which nothing new begins and trainings end at their next checkpoint; the same call
            goes on from there.
        watch: called with the progress whenever it changes.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.claims.run import run_study, write
    from mixsuite.claims.study import load_study, study_names

    names = names_of(only)
    if names == []:
        raise InputError("--only: no study is named; leave it out for all")
    studies = [load_study(name) for name in (study_names() if names is None else names)]
    findings, stop_at = [], stop_time(stop_after)
    for study in studies:
        folder = Path(out) / study.name
        options = options_of(
            folder, data, device=device, workers=workers, executor=executor, timeout=timeout, stop_at=stop_at
        )
        findings.append(run_study(study, scale, options, watch))
        write(findings[-1:], Path(out))  # keeps this finding if the next study is interrupted
    return findings
