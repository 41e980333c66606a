"""Modules of the first edition that have moved: importing one says where its names are now."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "mixsuite.mixing.contract": "mixsuite.mixing",
    "mixsuite.domains.contract": "mixsuite.domains",
    "mixsuite.domains.layers": "mixsuite.models.masked",
    "mixsuite.domains.stack": "mixsuite.models.stack",
    "mixsuite.domains.datasets": "mixsuite.domains.<domain>.datasets",
    "mixsuite.robustness": "mixsuite.evaluation",
    "mixsuite.rng": "mixsuite.mixing",
    "mixsuite.digest": "mixsuite.data.digest",
    "mixsuite.metrics": "mixsuite.evaluation.scores",
    "mixsuite.recipe": "mixsuite.training.recipe",
    "mixsuite.matrix": "mixsuite.experiment.matrix",
    "mixsuite.spec": "mixsuite.experiment.spec",
    "mixsuite.resolve": "mixsuite.experiment.resolve",
    "mixsuite.runner": "mixsuite.api",
    "mixsuite.compare": "mixsuite.api",
    "mixsuite.records": "mixsuite.results.record",
    "mixsuite.shown": "mixsuite.results.manifest",
    "mixsuite.store": "mixsuite.results.store",
    "mixsuite.tracking": "mixsuite.regression",
    "mixsuite.pictures": "mixsuite.plots",
}


class _Signpost(MetaPathFinder):
    """The last finder: Python asks it when no other has found a module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return None, unless the module has moved.

        Raises:
            ModuleNotFoundError: the module has moved; the message says where its names are now.
        """
        if fullname in MOVED:
            raise ModuleNotFoundError(
                f"{fullname} has moved: import its names from {MOVED[fullname]} (docs/migration.md)", name=fullname
            )
        return None


def put_up_signposts() -> None:
    """Install the finder that answers old imports, once per process."""
    if not any(isinstance(finder, _Signpost) for finder in sys.meta_path):
        sys.meta_path.append(_Signpost())
