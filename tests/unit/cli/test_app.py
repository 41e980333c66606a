"""The command: bad input is one line, exit status 2, and nothing written."""

import warnings

import pytest
import torch

from mixsuite import __version__, api
from mixsuite.errors import InputError

pytestmark = pytest.mark.usefixtures("in_process")

BAD = [
    (("run", "quik"), "unknown matrix 'quik'; did you mean 'quick'?"),
    (("run", "quick", "--methods", "mixpu"), "unknown method 'mixpu'; did you mean 'mixup'?"),
    (("run", "quick", "--methods", "mixup(alpha=-1)"), "alpha=-1.0: allowed is > 0"),
    (("run", "quick", "--methods", "mixup(alpha=1"), "is not of the form"),
    (("run", "quick", "--methods", "mixup(bta=1)"), "unknown parameter of method 'mixup' 'bta'"),
    (("run", "quick", "--datasets", "digts"), "unknown dataset 'digts'; did you mean 'digits'?"),
    (("run", "quick", "--datasets", "wine@tabular_mpl"), "unknown recipe 'tabular_mpl'; did you mean 'tabular_mlp'?"),
    (("run", "quick", "--datasets", "wine(rows=1)"), "rows=1: allowed is 2 or more"),
    (("run", "quick", "--seeds", "5-2"), "seeds '5-2': 5-2 runs backwards; write 2-5"),
    (("run", "quick", "--seeds", "x"), "seeds 'x': allowed are forms such as"),
    (("run", "quick", "--data", "/nonexistent"), "--data /nonexistent: no such folder"),
    (("run", "quick", "--device", "cuda"), "torch sees no CUDA device"),
    (("run", "quick", "--device", "gpu"), "unknown device 'gpu' (allowed: auto, cpu, cuda, or cards"),
    (("run", "quick", "--workers", "0"), "Invalid value for '--workers'"),
    (("run", "quick", "--sedes", "1"), "No such option: --sedes"),
    (("run", "quick", "--datasets", ""), "no cell is left to run"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=lambda v: " ".join(v[1:]) if isinstance(v, tuple) else "")
def test_bad_input_is_one_line_and_nothing_is_written(mixsuite, tmp_path, arguments, said):
    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    out = tmp_path / "out"
    found = mixsuite(*arguments, "--out", out)
    assert found.status == 2
    assert said in found.err
    assert len(found.err.strip().splitlines()) == 1, found.err
    assert "Traceback" not in found.err
    assert not out.exists()


def test_an_unknown_key_malformed_toml_and_a_bad_value_name_the_file(mixsuite, tmp_path, tiny):
    for change, said in [
        (("seeds =", "sedes ="), "unknown key 'sedes'; did you mean 'seeds'?"),
        (("lr = 0.1", "lr = "), "line 8"),
        (("lr = 0.1", "lr = -1"), "recipes.tiny.lr = -1"),
    ]:
        bad = tmp_path / "bad.toml"
        bad.write_text(tiny.read_text().replace(*change))
        found = mixsuite("run", bad, "--out", tmp_path / "out")
        assert found.status == 2
        assert said in found.err
        assert str(bad) in found.err
    assert not (tmp_path / "out").exists()


def test_a_data_folder_that_lacks_what_is_asked(mixsuite, tmp_path):
    found = mixsuite("run", "quick", "--datasets", "fashion_mnist", "--data", tmp_path, "--out", tmp_path / "out")
    assert found.status == 2
    assert "train-images-idx3-ubyte is missing; get it from" in found.err
    assert not (tmp_path / "out").exists()


def test_an_out_that_cannot_be_made(mixsuite, tmp_path, tiny):
    (tmp_path / "file").write_text("")
    found = mixsuite("run", tiny, "--out", tmp_path / "file" / "out")
    assert found.status == 2
    assert "cannot be made" in found.err
    assert len(found.err.strip().splitlines()) == 1 or "0 of" not in found.err


def test_more_rows_than_there_are_is_found_before_anything_is_written(mixsuite, tmp_path, tiny):
    found = mixsuite("run", tiny, "--datasets", "wine(rows=500)@tiny", "--out", tmp_path / "out")
    assert found.status == 2
    assert "rows=500: Wine has 100 training rows at most" in found.err
    assert not (tmp_path / "out").exists()


def test_a_foreign_line_in_the_records_is_named(mixsuite, tmp_path, tiny):
    records = tmp_path / "out" / "records"
    records.mkdir(parents=True)
    (records / "iris.jsonl").write_text("not ours\n")
    found = mixsuite("run", tiny, "--out", tmp_path / "out")
    assert found.status == 2
    assert "iris.jsonl, line 1: not a line of JSON" in found.err
    assert not (tmp_path / "out" / "matrix.toml").exists()


def test_the_version_is_printed(mixsuite):
    assert mixsuite("--version").out == f"mixsuite {__version__}\n"


def test_without_a_command_the_help_is_shown(mixsuite):
    found = mixsuite()
    assert found.status == 0
    for command in ("run", "leaderboard", "power", "baseline", "regress", "track", "claims", "check", "compare", "show",
                    "list", "new-method", "new-dataset", "new-model", "data"):  # fmt: skip
        assert f"  {command} " in found.out


def test_a_defect_keeps_its_traceback(mixsuite, monkeypatch, tmp_path):
    monkeypatch.setattr(api, "leaderboard", lambda out: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mixsuite("leaderboard", "--out", tmp_path)


def test_ctrl_c_is_130_and_says_that_the_command_goes_on(mixsuite, monkeypatch, tmp_path):
    def interrupted(out):
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "leaderboard", interrupted)
    found = mixsuite("leaderboard", "--out", tmp_path)
    assert found.status == 130
    assert found.err == "interrupted: what was finished is recorded; the same command goes on from here\n"


def test_a_warning_is_one_line(mixsuite, monkeypatch, tmp_path, recwarn):
    def warned(out):
        warnings.showwarning("torn", UserWarning, "x.py", 1)
        raise InputError("planted")

    monkeypatch.setattr(api, "leaderboard", warned)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main() sets another: put it back afterwards
    assert mixsuite("leaderboard", "--out", tmp_path).err == "warning: torn\nmixsuite: planted\n"
