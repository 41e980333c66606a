"""The kinds of plugin, and the built-in ones of each kind by name.

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

    name:    as error messages call it, "method".
    pattern: where the built-in ones are, a glob below the package.
    """

    name: str
    pattern: str

    @property
    def group(self) -> str:
        """The entry point group that installed packages declare such plugins in."""
        return f"mixsuite.{self.name}s"


METHOD = Kind("method", "mixing/methods/[!_]*.py")
DATASET = Kind("dataset", "domains/*/datasets/[!_]*.py")
PROBE = Kind("probe", "evaluation/probes/[!_]*.py")
DOMAIN = Kind("domain", "domains/*/domain.py")  # a folder each: its name is the domain's
KINDS = (METHOD, DATASET, PROBE, DOMAIN)


@cache
def builtin_files(kind: Kind) -> dict[str, Path]:
    """Name -> file of the built-in plugins of a kind, sorted by name; none is imported."""
    files = {path.parent.name if kind is DOMAIN else path.stem: path for path in PACKAGE.glob(kind.pattern)}
    return dict(sorted(files.items()))
