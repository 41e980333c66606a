"""Who may import what: the package is read as text, so a planted import inside a function is seen too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mixsuite"
FILES = sorted(PACKAGE.rglob("*.py"))

# module (or package) -> prefixes that it must not import
FORBIDDEN = {
    "mixsuite.mixing": ["mixsuite.domains", "mixsuite.training", "mixsuite.records", "mixsuite.spec", "pandas", "sklearn"],
    "mixsuite.domains": ["mixsuite.mixing", "mixsuite.training", "mixsuite.records", "mixsuite.runner"],
    "mixsuite.training": [
        "mixsuite.mixing.methods", "mixsuite.domains.datasets", "mixsuite.domains.images", "mixsuite.domains.tabular",
        "mixsuite.records", "mixsuite.report", "mixsuite.resolve", "mixsuite.runner",
    ],
    "mixsuite.report": [
        "torch", "mixsuite.mixing", "mixsuite.domains", "mixsuite.training", "mixsuite.runner", "mixsuite.resolve",
        "mixsuite.rng", "mixsuite.digest", "mixsuite.metrics",
    ],
    "mixsuite.tracking": ["torch", "mixsuite.mixing", "mixsuite.domains", "mixsuite.training"],
    "mixsuite.spec": ["torch", "numpy", "pandas", "pydantic", "mixsuite.r", "mixsuite.m", "mixsuite.d", "mixsuite.t"],
    "mixsuite.records": ["torch", "numpy", "pandas", "pydantic", "mixsuite.mixing", "mixsuite.domains"],
    "mixsuite.shown": ["torch", "numpy", "pandas", "mixsuite.mixing", "mixsuite.domains", "mixsuite.resolve"],
    "mixsuite.metrics": ["mixsuite.mixing", "mixsuite.domains", "mixsuite.training"],
    "mixsuite.rng": ["mixsuite."],
    "mixsuite.plugins": ["torch", "numpy", "mixsuite.mixing", "mixsuite.domains"],
}  # fmt: skip
ONLY_RUNNER = ["mixsuite.pool", "mixsuite.worker"]  # the whole order is known to the runner alone


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str) -> set[str]:
    """Every module that a source imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def broken(module: str, source: str) -> set[str]:
    """Imports in a module's source that the table forbids."""
    bad = set()
    for owner, prefixes in FORBIDDEN.items():
        if module == owner or module.startswith(owner + "."):
            bad |= {
                i
                for i in imports(source)
                for p in prefixes
                if i == p or i.startswith(p if p[-2] == "." or p.endswith(".") else p + ".")
            }
    return bad


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_module_keeps_to_its_layer(path):
    assert not broken(module_name(path), path.read_text())


def test_a_planted_import_inside_a_function_is_caught():
    assert broken("mixsuite.report.stats", "def f():\n    import torch.nn")
    assert broken("mixsuite.mixing.engine", "from mixsuite.domains.contract import Data")
    assert broken("mixsuite.training.loop", "from mixsuite.mixing.methods import mixup")


def test_only_the_runner_knows_the_workers():
    users = {module_name(p) for p in FILES if imports(p.read_text()) & set(ONLY_RUNNER)}
    assert users <= {"mixsuite.runner", "mixsuite.pool", "mixsuite.worker", "mixsuite.cli"}
    cli = imports((PACKAGE / "cli.py").read_text())  # it starts a process early, and gives it no order
    assert not cli & {"mixsuite.worker", "mixsuite.order", "mixsuite.training"}


def branches(source: str, names: set[str]) -> list[str]:
    """Comparisons with the name of a method or domain, however they are written."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            constants = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
            if constants & names:
                found.append(ast.unparse(node))
    return found


NAMES = {p.stem for p in (PACKAGE / "mixing" / "methods").glob("[!_]*.py")} | {"images", "tabular", "speech", "graphs"}
OWN = {f"mixing/methods/{p.name}" for p in (PACKAGE / "mixing" / "methods").glob("*.py")}


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_branch_on_a_method_or_domain_name(path):
    """`if method == ...` and `if domain == ...` stand nowhere outside their own files."""
    if str(path.relative_to(PACKAGE)) not in OWN:
        assert not branches(path.read_text(), NAMES)


@pytest.mark.parametrize("text", ["job.method.name == 'cutmix'", "'cutmix' == method", "domain in ('images', 'x')"])
def test_a_planted_branch_is_caught(text):
    assert branches(f"if {text}: pass", NAMES)


def test_light_commands_never_load_torch(run_python):
    code = "import sys, mixsuite.cli, mixsuite.report.leaderboard, mixsuite.report.text, mixsuite.tracking.regress, mixsuite.tracking.trend; print('torch' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_help_loads_the_standard_library_and_typer_only(run_python):
    code = "import sys, mixsuite.cli; print([m for m in ('torch', 'numpy', 'pandas', 'pydantic', 'scipy', 'rich') if m in sys.modules])"
    assert run_python(code).strip() == "[]"


def test_mixing_alone_needs_torch_and_numpy_only(run_python):
    code = "import sys, mixsuite.mixing as m; m.Mixer; print([m for m in ('pandas', 'pydantic', 'scipy', 'sklearn', 'typer') if m in sys.modules])"
    assert run_python(code).strip() == "[]"
