"""Modules of the first edition that have another place now: importing one says in a line where its names are."""

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
    "mixsuite.metrics": "mixsuite.evaluation.metrics",
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
    """Asked when nobody else has found a module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None, unless the module has moved.

        Raises:
            ModuleNotFoundError: where its names are now.
        """
        if fullname in MOVED:
            raise ModuleNotFoundError(
                f"{fullname} has moved: import its names from {MOVED[fullname]} (docs/migration.md)", name=fullname
            )
        return None


def put_up_signposts() -> None:
    """Have old imports answered, once a process."""
    if not any(isinstance(finder, _Signpost) for finder in sys.meta_path):
        sys.meta_path.append(_Signpost())
