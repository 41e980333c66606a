"""Which code made a result: hashes of declared source files, and versions of what they stand on."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mixsuite.spec import digest_json

_HERE = Path(__file__).parent

# What a result depends on, beside its own method, dataset and domain file. Not: cli, runner, report.
CORE = (
    "digest.py",
    "metrics.py",
    "recipe.py",
    "rng.py",
    "worker.py",
    "mixing/contract.py",
    "mixing/engine.py",
    "mixing/geometry.py",
    "mixing/losses.py",
    "training/*.py",
    "domains/contract.py",
    "domains/build.py",
    "domains/split.py",
    "domains/stack.py",
)
LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "pandas")


def _hash(paths: tuple[Path, ...]) -> str:
    state = hashlib.sha256()
    for path in paths:
        state.update(f"{path.name}:{hashlib.sha256(path.read_bytes()).hexdigest()};".encode())
    return state.hexdigest()[:16]


@cache
def _core() -> str:
    # Once a process: what it has imported is what it runs.
    return _hash(tuple(sorted(path for pattern in CORE for path in _HERE.glob(pattern))))


def probe_hash(probe: tuple[Path, ...]) -> str:
    """What a probe's numbers depend on besides their run's own code: its source files and the probes' core."""
    return _hash((*probe, *(_HERE / "robustness" / name for name in ("contract.py", "measure.py"))))


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Installed versions; "missing" where a package is not installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def code_of(
    method: tuple[Path, ...], dataset: tuple[Path, ...], domain: str, libraries: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What a run's result depends on besides its spec.

    Args:
        method, dataset: their source files (an outsider's by content: the path is in no hash).
        libraries: packages that the domain or dataset reads its data with.

    Returns:
        "hash" (16 hex over all the rest), "core", "method", "dataset", "domain", "libraries".
    """
    parts: dict[str, Any] = {
        "core": _core(),
        "method": _hash(method),
        "dataset": _hash(dataset),
        "domain": _hash((_HERE / "domains" / f"{domain}.py", _HERE / "domains" / "layers.py")),
        "libraries": versions(tuple(sorted({*LIBRARIES, *libraries}))),
    }
    return {"hash": digest_json(parts)[:16], **parts}
