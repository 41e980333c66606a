"""What starts without heavy libraries, and on systems that lack what only Linux has."""

import pytest

LISTED = "print([m for m in {modules!r} if m in sys.modules])"
COMMAND = """
import contextlib, io, sys
sys.argv = ["mixsuite", *{words!r}]
from mixsuite.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
"""
# What other systems lack, hidden before anything is imported.
ELSEWHERE = """
import importlib.abc, os, sys
class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource"):
            raise ModuleNotFoundError(f"hidden: {name}", name=name)
for name in ("fcntl", "resource"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Hidden())
del os.sched_getaffinity
"""


def test_light_modules_never_load_torch(run_python):
    code = (
        "import sys, mixsuite.cli, mixsuite.report.leaderboard, mixsuite.report.text, mixsuite.regression.regress, "
        "mixsuite.regression.trend; print('torch' in sys.modules)"
    )
    assert run_python(code).strip() == "False"


def test_help_loads_the_standard_library_and_typer_only(run_python):
    code = "import sys, mixsuite.cli; print([m for m in ('torch', 'numpy', 'pandas', 'pydantic', 'scipy', 'rich') if m in sys.modules])"
    assert run_python(code).strip() == "[]"
    heavy = ("torch", "numpy", "pandas", "pydantic", "scipy", "rich", "matplotlib", "sklearn", "filelock")
    asked = COMMAND.format(words=["--help"]) + LISTED.format(modules=heavy)
    assert run_python(asked).strip() == "[]"


def test_mixing_alone_needs_torch_and_numpy_only(run_python):
    code = "import sys, mixsuite.mixing as m; m.Mixer; print([m for m in ('pandas', 'pydantic', 'scipy', 'sklearn', 'typer') if m in sys.modules])"
    assert run_python(code).strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [["list", "methods"], ["list", "datasets"], ["list", "probes"], ["list", "matrices"]],
    ids=" ".join,
)
def test_lists_never_load_torch(run_python, words):
    assert run_python(COMMAND.format(words=words) + LISTED.format(modules=("torch",))).strip() == "[]"


@pytest.mark.slow
def test_the_leaderboard_never_loads_torch(run_python, accepted):
    words = ["leaderboard", "--out", str(accepted[0])]
    assert run_python(COMMAND.format(words=words) + LISTED.format(modules=("torch",))).strip() == "[]"
    assert (accepted[0] / "leaderboard.csv").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "methods"], "mixup  Convex"),
        (["leaderboard", "--out", "OUT"], "error, lower is better"),
        (["check", "mixup"], "mixup: 0 problems"),
        (["--help"], "leaderboard"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_light_commands_start_on_other_systems(run_python, accepted, words, said):
    asked = [str(accepted[0]) if word == "OUT" else word for word in words]
    code = f"{ELSEWHERE}sys.argv = ['mixsuite', *{asked!r}]\nfrom mixsuite.cli import main\nmain()"
    assert said in run_python(code)


@pytest.mark.slow
def test_the_mixer_starts_on_other_systems(run_python):
    code = f"{ELSEWHERE}from mixsuite.mixing import Mixer\nprint(Mixer.__name__)"
    assert run_python(code).strip() == "Mixer"
