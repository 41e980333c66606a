"""Which code made a result: hashes of what computes it, and versions of the libraries that it stands on.

What computes a run is read from imports, not listed: from ``execution.execute``, which carries a run out, to all that it
imports in this package; and from a run's own method, data set and domain. What computes a probe's numbers begins at
``evaluation.measure``. Comments, docstrings, layout and the place of a file are in no hash (``plugins.source``).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mixsuite.domains.base import Dataset, Domain
from mixsuite.evaluation.base import Probe
from mixsuite.experiment.spec import digest_json
from mixsuite.mixing.method import Method
from mixsuite.plugins.kinds import PACKAGE
from mixsuite.plugins.source import closure, content_digest, hash_files

LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "pandas")
_RUN, _PROBE = PACKAGE / "execution" / "execute.py", PACKAGE / "evaluation" / "measure.py"
_COMPUTES = (
    "encode",
    "models",
    "augment",
)  # of a domain; how it draws rows and what the kit tries are no part of a run


@dataclass(frozen=True)
class CodeIdentity:
    """What a result depends on besides its spec and its data.

    parts: "hash" (16 hex over all the rest), "core", "method", "dataset", "domain" and "libraries", as records keep it.
    files: the source files that were hashed. content: a digest of their bytes.
    """

    parts: dict[str, Any]
    files: tuple[Path, ...]
    content: str

    @property
    def hash(self) -> str:
        return str(self.parts["hash"])

    def changed(self) -> bool:
        """Whether a byte of the files is not what it was."""
        return content_digest(self.files) != self.content


@cache
def core_files() -> frozenset[Path]:
    """The files that compute every run. Once a process: what it has imported is what it runs."""
    return frozenset(closure([_RUN]))


@cache
def _core_hash() -> str:
    return hash_files(core_files())


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


def code_of_run(method: Method, dataset: Dataset, domain: Domain) -> CodeIdentity:
    """The identity of the code that computes a run."""
    roots = {
        "method": _class_files(type(method), Method),
        "dataset": _class_files(type(dataset), Dataset),
        "domain": [_defines(type(domain), name) for name in _COMPUTES],
    }
    own = {what: [path for path in closure(files) if path not in core_files()] for what, files in roots.items()}
    needs = (*domain.requires, *type(dataset).requires)
    parts: dict[str, Any] = {
        "core": _core_hash(),
        **{what: hash_files(files) for what, files in own.items()},
        "libraries": versions(tuple(sorted({*LIBRARIES, *needs}))),
    }
    files = tuple(sorted({*core_files(), *(path for paths in own.values() for path in paths)}))
    return CodeIdentity({"hash": digest_json(parts)[:16], **parts}, files, content_digest(files))


def code_of_probe(probe: Probe) -> str:
    """The identity of a probe's code besides its run's own, 16 hex digits."""
    files = closure([_PROBE, *_class_files(type(probe), Probe)])
    return hash_files(path for path in files if path not in core_files())


def _class_files(cls: type, base: type) -> list[Path]:
    """The files of a plugin's class and of those that it inherits from, down to the contract's."""
    return [_file(c) for c in cls.__mro__ if issubclass(c, base) and c.__module__ != base.__module__]


def _defines(cls: type, name: str) -> Path:
    """The file of the class that defines an attribute."""
    return _file(next(c for c in cls.__mro__ if name in vars(c)))


def _file(cls: type) -> Path:
    return Path(inspect.getfile(cls)).resolve()
