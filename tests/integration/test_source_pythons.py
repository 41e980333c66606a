"""The identity of code is the same on every Python that is here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

CODE = """
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from mixsuite.plugins.kinds import PACKAGE
from mixsuite.plugins.source import closure, hash_files, token_hash
run = PACKAGE / "execution" / "execute.py"
print(token_hash(Path(sys.argv[2]).read_text(encoding="utf-8")))
print(hash_files(closure([run])), *(hash_files([path]) for path in sorted(PACKAGE.rglob("*.py"))))
"""


def said_by(python):
    """What an interpreter gives, None where it does not run (a shim of a version that is not chosen)."""
    tricky = ROOT / "tests" / "data" / "tricky_source.py.txt"
    done = subprocess.run([python, "-c", CODE, str(ROOT), str(tricky)], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_another_python_gives_the_same_hashes(version):
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    pythons = [*filter(None, [shutil.which(f"python{version}")]), *map(str, kept)]
    found = next(filter(None, map(said_by, pythons)), None)
    if found is None:
        pytest.skip(f"there is no Python {version} here")
    assert found == said_by(sys.executable)
    assert found.startswith("057d60b71d1f471d\n")
