"""Findings of checks: what was tried, what was expected, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["ok", "problem", "note"]


@dataclass(frozen=True)
class Finding:
    """The result of one trial of a check.

    status:   "ok", "problem" (the method is wrong) or "note" (worth knowing, not judged).
    check:    name of the check.
    sample:   name of the made-up task.
    tried, expected, seen: in words.
    where:    file and line.
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
            parts = {"tried": self.tried, "expected": self.expected, "seen": self.seen, "where": self.where}
            lines += [f"        {name + ':':10s}{text}" for name, text in parts.items() if text]
        return "\n".join(lines)


def problems(findings: list[Finding]) -> list[Finding]:
    """Select the findings that say that the method is wrong."""
    return [f for f in findings if f.status == "problem"]


def applies_somewhere(findings: list[Finding], domains: Sequence[str] | None) -> list[Finding]:
    """A problem, if a plugin was right or wrong nowhere. domains: those that it is made for, or that were asked for."""
    if any(f.status == "ok" for f in findings) or problems(findings):
        return []
    reasons = "; ".join(dict.fromkeys(f.seen for f in findings)) or f"no domain of {domains}"
    return [Finding("problem", "applies somewhere", "all", "every domain", "one that it is made for", reasons)]


def grouped(findings: list[Finding]) -> list[Finding]:
    """Join findings that say the same about several samples, in the order in which each first came."""
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
