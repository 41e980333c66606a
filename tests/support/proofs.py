"""The proofs of benchmarks/proofs/, as modules."""

import importlib.util
import sys
from types import ModuleType

from support.paths import ROOT


def load_proof(name: str) -> ModuleType:
    """The proof of a name. It is known to Python by that name, which dataclasses look up."""
    spec = importlib.util.spec_from_file_location(f"{name}_proof", ROOT / "benchmarks" / "proofs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
