"""What strangers hand to the command line: one clear line, exit status 2, nothing half-written, nothing executed."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from support.sources import INTRA_MIX

from mixsuite.cli.progress import progress_display, spinner
from mixsuite.execution.progress import Progress
from mixsuite.plugins.kinds import DATASET
from mixsuite.templates import new_file

pytestmark = [pytest.mark.usefixtures("in_process"), pytest.mark.slow]  # most of them train


def refused(found, said):
    assert found.status == 2, found
    assert re.search(said, found.err), found.err
    assert len(found.err.strip().splitlines()) == 1, found.err
    assert found.err.strip().isprintable()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('seeds = "0-1"', "seeds = 3.0"), "seeds 3.0: allowed are forms such as"),
        (('seeds = "0-1"', "seeds = 2026-01-01"), "seeds .*2026.*: allowed are forms such as"),
        (('seeds = "0-1"', "seeds = [[1]]"), "seeds .*: allowed are forms such as"),
        (('seeds = "0-1"', "seeds = true"), "seeds 'True': allowed are forms such as"),
        (('seeds = "0-1"', 'seeds = "0-' + "9" * 400 + '"'), "allowed are forms such as"),
        (("lr = 0.1", "lr = " + "9" * 5000), "not TOML that can be read|lr"),
        (("lr = 0.1", "lr = " + "9" * 400), "lr"),
        (("steps = 10", "steps = " + "9" * 400), "steps"),
        (('methods = ["erm", "mixup"]', "methods = " + "[" * 3000 + "]" * 3000), "not TOML|methods"),
        (('methods = ["erm", "mixup"]', 'methods = ["mix\\u001b[31mup"]'), r"name has printable characters alone"),
        (('methods = ["erm", "mixup"]', 'methods = ["mix\\nup"]'), r"name has printable characters alone"),
        (('methods = ["erm", "mixup"]', 'methods = ["=1+1"]'), r"none of = \+ @"),
        (("tiny", "=1+1"), "not TOML|is no name for a recipe"),
        (("[recipes.tiny]", '[recipes."a|b\\n"]'), "is no name for a recipe"),
        (('["iris(rows=20)@tiny"]', '["csv:' + "n" * 300 + ':y@tiny"]'), "File name too long|does not exist"),
        (('["iris(rows=20)@tiny"]', '["csv:~no_such_user_here/x.csv:y@tiny"]'), "no such home folder"),
    ],
)
def test_a_matrix_that_cannot_be_meant(mixsuite, tiny, tmp_path, change, said):
    assert change[0] in tiny.read_text()
    tiny.write_text(tiny.read_text().replace(*change))
    refused(mixsuite("run", tiny, "--out", tmp_path / "out"), said)
    assert not (tmp_path / "out").exists()


def test_no_home_and_no_user_of_that_number(mixsuite, tiny, monkeypatch, tmp_path):
    for name in ("HOME", "XDG_CACHE_HOME", "MIXSUITE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    refused(mixsuite("run", tiny, "--out", tmp_path / "out"), "name one, with --data or .MIXSUITE_DATA")


def stranger(tmp_path, mixsuite, tiny):
    """A results folder, as a stranger would send it."""
    out = tmp_path / "theirs"
    assert mixsuite("run", tiny, "--out", out).status == 0
    return out


def change_manifest(out, old, new):
    path = out / "matrix.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('domain = "tabular"', 'domain = "../../x"'),
        ('domain = "tabular"', 'domain = "a\\nb"'),
        ('name = "iris"', 'name = "./evil.py"'),
        ('name = "iris"', 'name = "/tmp/evil"'),
        ('reference = "erm"', 'reference = "e\\u001brm"'),
        ('recipe_name = "tiny"', 'recipe_name = "../tiny"'),
        ('domain = "tabular"', 'domain = "x|y"'),
        ('domain = "tabular"', 'domain = ""'),
        ("[methods.erm]", '[methods."=1+1"]'),
        ("[methods.erm]", "[methods.mixup_too]"),
        ('reference = "erm"', 'reference = "erm"\nmargin = inf'),
        ('reference = "erm"', 'reference = "erm"\nmargin = "x"'),
        ("classification = true", 'classification = "no"'),
        ('select = "last"', "select = 3"),
        ("rows = 20", "rows = 2020-01-01"),
    ],
)
def test_a_strangers_manifest_names_no_paths(mixsuite, tiny, tmp_path, monkeypatch, old, new):
    out = stranger(tmp_path, mixsuite, tiny)
    (tmp_path / "evil.py").write_text("open('executed', 'w')\n")
    monkeypatch.chdir(tmp_path)
    change_manifest(out, old, new)
    before = sorted(path for path in tmp_path.rglob("*") if out not in path.parents)
    for command in (("leaderboard",), ("run", tiny), ("regress",), ("baseline", "accept")):
        refused(mixsuite(*command, "--out", out), "not a matrix that mixsuite wrote|no such file")
    assert sorted(path for path in tmp_path.rglob("*") if out not in path.parents) == before


@pytest.mark.parametrize("name", ["records", "leaderboard", "gallery", "trend"])
def test_a_strangers_links_are_not_followed(mixsuite, tiny, tmp_path, name):
    out, mine = stranger(tmp_path, mixsuite, tiny), tmp_path / "mine"
    mine.mkdir()
    if (out / name).exists():
        (out / name).rename(tmp_path / "former")
    (out / name).symlink_to(mine)
    for command in (("leaderboard",), ("run", tiny)):
        refused(mixsuite(*command, "--out", out), "is a link")
    assert list(mine.iterdir()) == []


def test_what_a_strangers_record_says_is_one_line_and_harmless(mixsuite, tiny, tmp_path):
    out = stranger(tmp_path, mixsuite, tiny)
    (path,) = (out / "records").iterdir()
    first, *rest = path.read_text().splitlines()
    edited = json.loads(first) | {"status": "failed", "reason": "\x1b[31mred\x07", "metrics": {}, "sequence": None}
    path.write_text("\n".join([json.dumps(edited | {"checksum": ""}), *rest]) + "\n")
    told = mixsuite("leaderboard", "--out", out)
    assert told.status == 1
    assert "\\x1b[31mred\\x07" in told.out
    assert "\x1b" not in told.out + told.err


def test_an_edited_value_is_not_shown(mixsuite, tiny, tmp_path):
    out = stranger(tmp_path, mixsuite, tiny)
    (path,) = (out / "records").iterdir()
    text = path.read_text()
    value = re.search(r'"error":([0-9.]+)', text)[1]
    path.write_text(text.replace(f'"error":{value}', '"error":0.0', 1))
    refused(mixsuite("leaderboard", "--out", out), "line 1: the line was changed after it was written")


def test_predictions_are_not_written_through_links(mixsuite, tiny, tmp_path):
    out, victim = stranger(tmp_path, mixsuite, tiny), tmp_path / "victim"
    victim.write_text("mine")
    (out / "predictions").mkdir()
    for line in next((out / "records").iterdir()).read_text().splitlines():
        for suffix in (".npz", ".part"):
            (out / "predictions" / (json.loads(line)["id"] + suffix)).symlink_to(victim)
    again = mixsuite("run", tiny, "--out", out, "--rerun", "always", "--save-predictions")
    assert again.status == 0
    assert victim.read_text() == "mine"


def test_a_file_that_changes_the_folder_moves_no_results(mixsuite, tiny, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("hop.py").write_text(f"import os\nos.chdir({str(tmp_path / 'other')!r})\n{INTRA_MIX}")
    assert mixsuite("run", tiny, "--methods", "./hop.py", "--out", "out").status == 0
    assert (tmp_path / "here" / "out" / "leaderboard.csv").is_file()
    assert list((tmp_path / "other").iterdir()) == []


def test_a_probe_that_changes_the_model_reaches_no_other(mixsuite, tiny, tmp_path):
    (tmp_path / "zero.py").write_text(
        "from dataclasses import dataclass\nimport torch\nfrom mixsuite.evaluation import Measurement\n\n\n"
        "@dataclass(frozen=True)\nclass Zero(Measurement):\n    def measure(self, model, data, rng):\n"
        "        with torch.no_grad():\n            for p in model.parameters():\n                p.zero_()\n"
        "        data.test.x.zero_()\n        return {'v': 1}\n"
    )
    text, found = tiny.read_text(), []
    for number, probes in enumerate((["noise"], [str(tmp_path / "zero.py"), "noise"])):
        tiny.write_text(f"probes = {json.dumps(probes)}\n{text}")
        out = tmp_path / f"out{number}"
        assert mixsuite("run", tiny, "--seeds", "0", "--methods", "erm", "--out", out, "--save-predictions").status == 0
        record = json.loads(next((out / "records").iterdir()).read_text().splitlines()[0])
        found.append({name: value for name, value in record["metrics"].items() if "zero" not in name})
    assert found[0] == found[1]


def test_a_table_that_is_not_of_claims_is_not_overwritten(tmp_path):
    from mixsuite.claims.run import _merged
    from mixsuite.errors import InputError

    (tmp_path / "x.csv").write_text("my,own\n1,2\n")
    with pytest.raises(InputError, match="not a table of claims; it is not overwritten"):
        _merged(tmp_path / "x.csv", "id", [], None)


@pytest.mark.parametrize("end", ["sys').exit", "os')._exit"])
def test_a_method_that_ends_the_process_is_a_problem(mixsuite, tmp_path, end):
    (tmp_path / "quitter.py").write_text(INTRA_MIX.replace("y, n =", f"__import__('{end}(0)\n        y, n ="))
    found = mixsuite("check", tmp_path / "quitter.py")
    assert found.status == 1
    assert "SystemExit" in found.out


@pytest.mark.parametrize("end", ["sys').exit", "os')._exit"])
def test_ends_of_the_process_under_show_and_in_a_loader_are_named(mixsuite, tmp_path, end):
    (tmp_path / "quitter.py").write_text(INTRA_MIX.replace("y, n =", f"__import__('{end}(0)\n        y, n ="))
    rows = new_file(DATASET, "rows", tmp_path)
    rows.write_text(re.sub(r"(    def load\(self, root.*:\n)", rf"\1        __import__('{end}(0)\n", rows.read_text()))
    for command in (
        ("show", tmp_path / "quitter.py", "wine", "-o", tmp_path / "x.png"),
        ("show", "mixup", tmp_path / "rows.py", "-o", tmp_path / "x.png"),
    ):
        found = mixsuite(*command)
        assert (found.status, len(found.err.splitlines())) == (2, 1)
        assert "SystemExit" in found.err
    found = mixsuite("data", "verify", tmp_path / "rows.py")
    assert (found.status, "SystemExit" in found.err) == (1, True)
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    "command", [("claims", "--only", ""), ("show", "mixup", "wine", "-o", ""), ("power", "--effect", "1e-300")]
)
def test_empty_and_vanishing_values_are_bad_input(mixsuite, command):
    found = mixsuite(*command)
    assert (found.status, len(found.err.splitlines())) == (2, 1)


@pytest.mark.parametrize("line", ["import os; os._exit(0)", "class Own(BaseException): pass\nraise Own('no')"])
def test_an_import_that_ends_the_process_is_named(mixsuite, tmp_path, line):
    (tmp_path / "quitter.py").write_text(line + "\n" + INTRA_MIX)
    found = mixsuite("check", tmp_path / "quitter.py")
    assert found.status == 2
    assert "quitter.py" in found.err
    assert len(found.err.splitlines()) == 1


def test_an_output_that_nobody_reads_or_that_is_full(mixsuite, monkeypatch, tmp_path):
    class Full:
        def __init__(self, error):
            self.error = error

        def write(self, text):
            raise self.error

        def flush(self):
            pass

        def isatty(self):
            return False

    full = OSError(28, "No space left on device")
    monkeypatch.setattr(sys, "stdout", Full(full))
    found = mixsuite("list", "matrices")
    monkeypatch.undo()
    assert found.status == 2
    assert "No space left on device" in found.err


def test_brackets_in_a_name_are_no_markup(monkeypatch, capfd):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress_display() as watch:
        progress = Progress("tiny [/red] [bold]", 2)
        progress.count("ok", "csv:a[/b].csv:y mixup seed 0: ok")
        watch(progress)
    with spinner("fetching [/a]") as grown:
        grown(5)


def test_numbers_of_probes_are_plain_ones_and_others_fail_that_probe_alone(mixsuite, tiny, tmp_path):
    for name, value in {
        "np32": "np.float32(0.5)", "tensor": "torch.tensor(0.25)", "array": "np.zeros(3)", "text": "'high'",
        "huge": "10 ** 400", "whole": "3", "pair": "torch.ones(2)",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.py").write_text(
            "from dataclasses import dataclass\nimport numpy as np\nimport torch\n"
            "from mixsuite.evaluation import Measurement\n\n\n@dataclass(frozen=True)\n"
            f"class Look(Measurement):\n    def measure(self, model, data, rng):\n        return {{'v': {value}}}\n"
        )
    names = ("np32", "tensor", "array", "text", "huge", "whole", "pair")
    probes = json.dumps([str(tmp_path / f"{name}.py") for name in names])
    tiny.write_text(f"probes = {probes}\n{tiny.read_text()}")
    found = mixsuite("run", tiny, "--seeds", "0", "--methods", "erm", "--out", tmp_path / "out")
    assert found.status == 0, found.err
    (path,) = (tmp_path / "out" / "records").iterdir()
    record = json.loads(path.read_text().splitlines()[0])
    assert {k: v for k, v in record["metrics"].items() if "@" in k} == {"v@np32": 0.5, "v@tensor": 0.25, "v@whole": 3.0}
    failed = {name for name, probe in record["probes"].items() if probe["status"] == "failed"}
    assert failed == {"array", "text", "huge", "pair"}
    assert mixsuite("leaderboard", "--out", tmp_path / "out").status == 0
    assert Path(tmp_path / "out" / "leaderboard.csv").is_file()
