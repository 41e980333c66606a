"""The kinds of plugin, and the built-in plugins of each kind by name.

A plugin is one Python file. There is no registry: a built-in plugin is found by its file's name, and an outside one is
``./file.py``, ``package.module`` or an entry point of the group ``mixsuite.methods``, ``mixsuite.datasets``, ....
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Kind:
    """One kind of plugin.

    name:    what error messages call it, such as "method".
    pattern: where the built-in plugins are, as a glob below the package.
    """

    name: str
    pattern: str

    @property
    def group(self) -> str:
        """The entry point group in which installed packages declare such plugins."""
        return f"mixsuite.{self.name}s"


METHOD = Kind("method", "mixing/methods/[!_]*.py")
DATASET = Kind("dataset", "domains/*/datasets/[!_]*.py")
MODEL = Kind("model", "models/*/[!_]*.py")
AUGMENTATION = Kind("augmentation", "domains/*/augmentations/[!_]*.py")
PROBE = Kind("probe", "evaluation/probes/[!_]*.py")
OPTIMIZER = Kind("optimizer", "training/optimizers/[!_]*.py")
SCHEDULE = Kind("schedule", "training/schedules/[!_]*.py")
METRIC = Kind("metric", "evaluation/metrics/[!_]*.py")
DOMAIN = Kind("domain", "domains/*/domain.py")  # each has a folder, which bears the domain's name
KINDS = (METHOD, DATASET, MODEL, OPTIMIZER, SCHEDULE, AUGMENTATION, PROBE, METRIC, DOMAIN)


@cache
def builtin_files(kind: Kind) -> dict[str, Path]:
    """Map the names of the built-in plugins of a kind to their files, sorted by name; none is imported."""
    files = {path.parent.name if kind is DOMAIN else path.stem: path for path in PACKAGE.glob(kind.pattern)}
    return dict(sorted(files.items()))
