"""The house: rooms, their sizes, their mirror in the tests, and what may stand where. Files are read as text."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixsuite.plugins.kinds import DOMAIN, METHOD, builtin_files

TESTS = Path(__file__).parents[1]
PACKAGE = TESTS.parent / "mixsuite"
FILES = sorted(PACKAGE.rglob("*.py"))
PLUGINS = ("mixing/methods/*", "domains/*/datasets/*", "evaluation/probes/*")
MODULES = [p for p in FILES if p.name != "__init__.py" and not any(p.relative_to(PACKAGE).match(g) for g in PLUGINS)]
TEST_FILES = sorted(path for path in TESTS.rglob("*.py"))


def name_of(path: Path) -> str:
    """As it is imported: mixsuite.plots.page."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def branches(source: str, names: set[str]) -> list[str]:
    """Comparisons with the name of a method or domain, however they are written."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare | ast.MatchValue):
            constants = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
            if constants & names:
                found.append(ast.unparse(node))
    return found


NAMES = {*builtin_files(METHOD), *builtin_files(DOMAIN)}


def own_names(path: Path) -> set[str]:
    """Names that a file may look for: a method's its own, a domain's folder its own; so may its models."""
    parts = path.relative_to(PACKAGE).parts
    if parts[:2] == ("mixing", "methods"):
        return NAMES
    return {parts[1]} if parts[0] in ("domains", "models") and len(parts) > 2 else set()


def test_no_branch_on_a_method_or_domain_name():
    """`if method == ...` and `if domain == ...` stand nowhere outside their own files."""
    found = {name_of(path): branches(path.read_text(), NAMES - own_names(path)) for path in FILES}
    assert not {name: texts for name, texts in found.items() if texts}


@pytest.mark.parametrize("text", ["job.method.name == 'cutmix'", "'cutmix' == method", "domain in ('images', 'x')"])
def test_a_planted_branch_is_caught(text):
    assert branches(f"if {text}: pass", NAMES)


def test_a_planted_match_is_caught():
    assert branches("match method:\n    case 'cutmix':\n        pass", NAMES)


def loaded(source: str) -> Iterator[str]:
    """Modules that a file imports when it is loaded: not within a function, and not for type checkers alone."""
    todo: list[ast.AST] = list(ast.parse(source).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            todo += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def outside(module: str) -> set[str]:
    """Packages other than the standard library's that are loaded with a module of mixsuite."""
    files = {name_of(path): path for path in FILES}
    todo, seen, found = [module], set(), set()
    while todo:
        name = todo.pop()
        parents = [name.rsplit(".", n)[0] for n in range(1, name.count(".") + 1)]
        for one in (name, *parents):
            if one in files and one not in seen:
                seen.add(one)
                todo += loaded(files[one].read_text())
        top = name.split(".")[0]
        if top != "mixsuite" and top not in sys.stdlib_module_names:
            found.add(top)
    return found


def test_the_command_line_starts_with_the_standard_library_and_typer():
    assert outside("mixsuite.cli") == {"typer"}
    assert outside("mixsuite.api") == set()
    assert outside("mixsuite") == set()


@pytest.mark.parametrize(
    "module",
    ["mixsuite.report.leaderboard", "mixsuite.report.text", "mixsuite.report.comparison", "mixsuite.report.power",
     "mixsuite.regression.regress", "mixsuite.regression.trend", "mixsuite.regression.text", "mixsuite.results.reading",
     "mixsuite.plugins.listing"],
)  # fmt: skip
def test_what_only_reads_results_never_loads_torch(module):
    assert "torch" not in outside(module)


def test_mixing_alone_needs_torch_and_numpy_only():
    assert outside("mixsuite.mixing") == {"torch", "numpy"}


def test_results_are_read_with_light_libraries():
    assert outside("mixsuite.results.manifest") <= {"tomli_w", "filelock"}
    assert outside("mixsuite.results.record") == {"pydantic"}  # it reads and checks a line in a third of the time
    assert outside("mixsuite.results.record_files") <= {"filelock", "pydantic"}
    assert outside("mixsuite.experiment.spec") == set()
    assert outside("mixsuite.execution.messages") == set()


def test_a_planted_import_is_caught():
    assert list(loaded("def f():\n    import torch")) == []
    assert list(loaded("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch")) == [
        "typing",
        "typing.TYPE_CHECKING",
    ]
    assert "torch.nn" in set(loaded("try:\n    import torch.nn\nexcept ImportError:\n    pass"))
    assert "torch" in set(loaded("class A:\n    import torch"))
    assert "torch" in outside("mixsuite.plots.scene")  # through what it imports


def mirror(path: Path) -> Path:
    """The file of a module's unit tests."""
    return TESTS / "unit" / path.relative_to(PACKAGE).parent / f"test_{path.stem.strip('_')}.py"


def test_every_module_has_its_mirror_in_the_unit_tests():
    assert len(MODULES) > 100
    lacking = [str(mirror(path)) for path in MODULES if not mirror(path).is_file()]
    assert not lacking
    assert not [str(mirror(path)) for path in MODULES if "def test_" not in mirror(path).read_text()]


def imported(source: str) -> set[str]:
    """Modules that a source imports anywhere; "." begins what is imported relatively."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return found


def test_no_test_module_imports_another():
    """What tests share is a fixture of a conftest.py, or in tests/support."""
    modules = {path.stem for path in TEST_FILES if path.name.startswith("test_")} | {"conftest", "tests"}
    for path in TEST_FILES:
        for name in imported(path.read_text()):
            assert not name.startswith("."), (path, name)
            assert name.split(".")[0] not in modules, (path, name)


def test_there_are_no_packages_among_the_tests():
    assert not list(TESTS.rglob("__init__.py"))


def test_no_file_is_longer_than_400_lines():
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in FILES}
    assert not {name: size for name, size in sizes.items() if size > 400}


def test_at_the_top_there_are_the_errors_and_rooms_alone():
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "errors.py"}
    for room in PACKAGE.iterdir():
        if room.is_dir() and room.name not in ("__pycache__", "benchmarks"):
            assert (room / "__init__.py").is_file(), room


INITS = [
    p
    for p in FILES
    if p.name == "__init__.py" and p not in (PACKAGE / "__init__.py", PACKAGE / "templates/__init__.py")
]


def test_a_packages_init_is_a_docstring_imports_and_all():
    for path in INITS:
        body = ast.parse(path.read_text()).body
        assert isinstance(body[0], ast.Expr), path
        assert isinstance(ast.literal_eval(body[0].value), str), path
        for node in body[1:]:
            listed = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            assert listed or isinstance(node, ast.Import | ast.ImportFrom), (path, ast.unparse(node))
