"""What a check found: one thing that was tried, what was expected, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["ok", "problem", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    status: ok; problem (the method is wrong); or note (to be known, not judged).
    sample: the made-up task; where: file and line.
    """

    status: Status
    check: str
    sample: str
    tried: str
    expected: str
    seen: str
    where: str = ""

    def __str__(self) -> str:
        lines = [f"{self.status:7s} {self.check} ({self.sample})"]
        if self.status != "ok":
            told = {"tried": self.tried, "expected": self.expected, "seen": self.seen, "where": self.where}
            lines += [f"        {name + ':':10s}{text}" for name, text in told.items() if text]
        return "\n".join(lines)


def problems(findings: list[Finding]) -> list[Finding]:
    """Those that say that the method is wrong."""
    return [f for f in findings if f.status == "problem"]


def grouped(findings: list[Finding]) -> list[Finding]:
    """Findings that say the same of several samples as one, in the order in which they came first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for f in findings:
        groups.setdefault((f.status, f.check, f.expected, f.seen, f.where), []).append(f)
    return [
        replace(
            same[0],
            sample="; ".join(dict.fromkeys(f.sample for f in same)),
            tried="; ".join(dict.fromkeys(f.tried for f in same)),
        )
        for same in groups.values()
    ]
