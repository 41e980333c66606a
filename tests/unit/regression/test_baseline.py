"""The accepted baseline: written whole, read strictly, and told what it replaces."""

from dataclasses import replace

import pandas as pd
import pytest
from support.baselines import shift
from support.folders import BASE, write_folder

from mixsuite.errors import InputError
from mixsuite.regression.baseline import accept, commit_of, flat, load_baseline, read_cells


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace("error,0.", "error,x0.", 1), "line 2: not a row of a baseline"),
        (lambda text: text.replace("error,0.", "error,nan#", 1), "line 2: not a row of a baseline"),
        (lambda text: "\n".join([*text.splitlines()[:5], "images,torn"]), "line 6: not a row of a baseline"),
        (lambda text: text + text.splitlines()[-1] + "\n", "stands twice"),
        (
            lambda text: text.replace("digest_split", "digest_spilt", 1),
            "line 1: not a baseline: no column digest_split",
        ),
        (lambda text: text.splitlines()[0] + "\n", "it has no rows"),
        (lambda text: "", "line 1: not a baseline"),
        (lambda text: "\0", "line 1"),
        (lambda text: text.replace(",error,", ",mistakes,"), "has no error, and no rmse"),
    ],
)
def test_a_corrupted_baseline_is_refused_with_its_line(accepted, tmp_path, mixsuite, edit, said):
    path = tmp_path / "b.csv"
    path.write_text(edit(accepted[1]))
    refused = mixsuite("regress", "--out", accepted[0], "--baseline", path)
    assert refused.status == 2
    assert said in refused.err
    assert refused.err.count("\n") == 1


def test_without_a_baseline_or_results_it_says_how_to_make_one(accepted, tmp_path, mixsuite):
    none = mixsuite("regress", "--out", accepted[0], "--baseline", tmp_path / "none.csv")
    assert (none.status, "accept one: mixsuite baseline accept" in none.err) == (2, True)
    nothing_there = mixsuite("baseline", "accept", "--out", tmp_path / "none")
    assert (nothing_there.status, "make some with: mixsuite run" in nothing_there.err) == (2, True)


def test_accepting_says_what_it_replaces(accepted, tmp_path, mixsuite):
    path = tmp_path / "b.csv"
    frame = accepted[1].replace(",mixup,", ",cutmix,")
    path.write_text(frame)
    shift_one = pd.read_csv(path, dtype=str, keep_default_na=False)
    shift(shift_one, 0.1, "erm")
    shift_one.to_csv(path, index=False)
    said = mixsuite("baseline", "accept", "--out", accepted[0], "--baseline", path)
    assert said.status == 0
    assert ": 1 new, 1 gone, 1 with other values" in said.out
    assert load_baseline(path).runs == 24


@pytest.mark.parametrize("call", [("baseline", "accept", "--baseline"), ("track", "--history")])
def test_a_file_that_cannot_be_written_is_one_line(accepted, mixsuite, tmp_path, call):
    (tmp_path / "file").write_text("")
    refused = mixsuite(*call, tmp_path / "file" / "x.csv", "--out", accepted[0])
    assert refused.status == 2
    assert refused.err.count("\n") == 1


def test_the_cells_of_a_folder_are_those_of_its_baseline(accepted, tmp_path):
    out, text = accepted
    (tmp_path / "b.csv").write_text(text)
    cells, baseline = read_cells(out), load_baseline(tmp_path / "b.csv")
    assert baseline.runs == 24
    assert cells.keys() == baseline.cells.keys()
    for key, cell in cells.items():
        for seed, run in cell.items():
            assert replace(baseline.cells[key][seed], reason="") == run
            assert run.primary.name == "error"


def test_a_folder_with_failed_or_missing_runs_is_not_accepted(tmp_path):
    whole = {"erm": BASE, "m": BASE}
    failed = write_folder(tmp_path / "failed", {"t": whole | {"m": [None, *BASE[1:]]}})
    with pytest.raises(InputError, match=r"1 failed runs stand \(t m seed 0\); a baseline has none"):
        accept(failed, tmp_path / "b.csv")
    short = write_folder(tmp_path / "short", {"t": whole | {"m": ["absent", *BASE[1:]]}})
    with pytest.raises(InputError, match="1 of 20 runs are missing; finish them first"):
        accept(short, tmp_path / "b.csv")
    skipped = {("t", m): {"status": "skipped", "metrics": {}} for m in whole}
    with pytest.raises(InputError, match="no run is ok"):
        accept(write_folder(tmp_path / "skipped", {"t": whole}, skipped), tmp_path / "b.csv")
    assert not (tmp_path / "b.csv").exists()
    assert "1 cells" not in accept(write_folder(tmp_path / "whole", {"t": whole}), tmp_path / "b.csv")


def test_nested_names_become_one_level():
    nested = {"recipe": {"lr": 0.1, "model": "mlp"}, "dataset": {"name": "wine", "params": {"rows": 24}}, "none": None}
    assert flat(nested) == {
        "recipe.lr": "0.1", "recipe.model": "mlp", "dataset.name": "wine", "dataset.rows": "24", "none": "null",
    }  # fmt: skip
    assert flat({"libraries": {"torch": "2.0"}}) == {"torch": "2.0"}


def test_outside_a_repository_there_is_no_commit(tmp_path):
    assert commit_of(tmp_path) == ""
