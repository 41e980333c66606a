"""The result of one run, as a worker returns it: the part of a record that only training can know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RunResult:
    """The result of a run. Its fields are those of the same names in the record (``results.record``).

    status: "ok", "failed" or "skipped".
    reason: why the run is not ok; for a failed run with the traceback.
    """

    status: str
    reason: str = ""
    machine: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)
    reliability: dict[str, list[float]] | None = None
    reliability_scaled: dict[str, list[float]] | None = None
    temperature: dict[str, Any] | None = None
    seconds: float | None = None
    steps: int | None = None
    rows_per_step: float | None = None
    peak_memory: int | None = None
    parameters: int | None = None
    parts: dict[str, int] = field(default_factory=dict)
    split: str = ""
    executor: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    probes: dict[str, Any] = field(default_factory=dict)
    train_error: float | None = None
    rows_file: str = ""
