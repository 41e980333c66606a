"""Which code made a result: hashes of the code that computes it, and versions of the libraries that it uses.

The code is found by its imports, not by a list. A run's code is ``execution.execute``, the run's own method, data set
model and domain, and all that they import. A probe's code begins at ``evaluation.measure``, a metric's at
``evaluation.score``. No hash depends on comments, docstrings, layout or the place of a file (``plugins.source``).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.base import Dataset
from mixsuite.evaluation.base import Probe
from mixsuite.evaluation.metric import Metric
from mixsuite.experiment.parts import Parts
from mixsuite.experiment.spec import digest_json
from mixsuite.mixing.method import Method
from mixsuite.models.base import Model
from mixsuite.plugins.kinds import PACKAGE
from mixsuite.plugins.source import closure, content_digest, hash_files
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.schedule import Schedule

LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "pandas")
_RUN = PACKAGE / "execution" / "execute.py"
_PROBE, _METRIC = PACKAGE / "evaluation" / "measure.py", PACKAGE / "evaluation" / "score.py"


@dataclass(frozen=True)
class CodeIdentity:
    """What a result depends on besides its spec and its data.

    parts:   "hash" (16 hex digits over all the rest), "core", "method", "dataset", "model", "optimizer", "schedule",
             "augment", "domain" and "libraries", as records keep them.
    files:   the source files that were hashed.
    content: a digest of the bytes of these files.
    """

    parts: dict[str, Any]
    files: tuple[Path, ...]
    content: str

    @property
    def hash(self) -> str:
        """The hash over all parts, 16 hex digits."""
        return str(self.parts["hash"])

    def changed(self) -> bool:
        """Whether any byte of the files has changed since."""
        return content_digest(self.files) != self.content


@cache
def core_files() -> frozenset[Path]:
    """The files that compute every run. They are read once per process, since a process runs what it has imported."""
    return frozenset(closure([_RUN]))


@cache
def _core_hash() -> str:
    return hash_files(core_files())


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Package -> installed version, or "missing" if it is not installed."""
    installed = {}
    for package in packages:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = "missing"
    return installed


def code_of_run(method: Method, parts: Parts) -> CodeIdentity:
    """Identify the code that computes a run."""
    roots = {
        "method": _class_files(type(method), Method),
        "dataset": _class_files(type(parts.dataset), Dataset),
        "model": _class_files(type(parts.model), Model),
        "optimizer": _class_files(type(parts.optimizer), Optimizer),
        "schedule": _class_files(type(parts.schedule), Schedule),
        "augment": [path for step in parts.augment for path in _class_files(type(step), Augmentation)],
        "domain": [_defines(type(parts.domain), "encode")],  # how it draws rows and what the kit tries are no part
    }
    own = {what: [path for path in closure(files) if path not in core_files()] for what, files in roots.items()}
    found: dict[str, Any] = {
        "core": _core_hash(),
        **{what: hash_files(files) for what, files in own.items()},
        "libraries": versions(tuple(sorted({*LIBRARIES, *parts.requires}))),
    }
    files = tuple(sorted({*core_files(), *(path for paths in own.values() for path in paths)}))
    return CodeIdentity({"hash": digest_json(found)[:16], **found}, files, content_digest(files))


def code_of_evaluation(plugin: Probe | Metric) -> str:
    """Hash a probe's or a metric's code, without the code of its run. 16 hex digits."""
    root, base = (_PROBE, Probe) if isinstance(plugin, Probe) else (_METRIC, Metric)
    files = closure([root, *_class_files(type(plugin), base)])
    return hash_files(path for path in files if path not in core_files())


def _class_files(cls: type, base: type) -> list[Path]:
    """The files of a plugin's class and of its base classes, without the contract's."""
    return [_file(c) for c in cls.__mro__ if issubclass(c, base) and c.__module__ != base.__module__]


def _defines(cls: type, name: str) -> Path:
    """The file of the class that defines an attribute."""
    return _file(next(c for c in cls.__mro__ if name in vars(c)))


def _file(cls: type) -> Path:
    return Path(inspect.getfile(cls)).resolve()
