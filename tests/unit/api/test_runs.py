"""The one road from Python: what is asked is trained, and comes back as result objects."""

import pandas as pd
import pytest
from support.folders import BASE, write_folder

import mixsuite as package
from mixsuite import api
from mixsuite.errors import InputError

pytestmark = pytest.mark.usefixtures("in_process")


def test_a_matrix_is_trained_and_every_table_comes_back(here, tiny):
    seen = []
    report = api.run(str(tiny), methods=["mixup", "./none(alpha=1)"][0], seeds="0", out="out", watch=seen.append)
    assert (report.complete, str(report.out)) == (True, "out")
    assert set(report.runs["method"]) == {"erm", "mixup"}
    pd.testing.assert_frame_equal(report.runs, pd.read_csv(here / "out" / "runs.csv"), check_dtype=False)
    assert list(report.tasks) == ["iris(rows=20)@tiny"]
    assert seen[-1].done == seen[-1].total == 2


def test_names_and_seeds_may_be_texts_or_lists(here, tiny):
    text = api.run(str(tiny), methods="mixup(alpha=0.2, lam=row),erm", seeds="0-1", out="one").runs
    listed = api.run(str(tiny), methods=["mixup(alpha=0.2, lam=row)", "erm"], seeds=[0, 1], out="two").runs
    assert text["run_id"].tolist() == listed["run_id"].tolist()


def test_results_are_in_a_folder_of_the_matrixs_name(here, tiny):
    assert str(api.run(str(tiny), seeds="0").out) == "results/tiny"


def test_the_packages_run_is_the_tidy_frame(here, tiny):
    frame = package.run(str(tiny), methods="mixup", seeds="0", out="out")
    pd.testing.assert_frame_equal(frame, api.leaderboard("out").runs)


def test_the_gallery_is_drawn_of_what_was_trained(tmp_path, tiny, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "mixsuite.plots.gallery.draw_gallery",
        lambda out, root, trained: drawn.append((out, trained)) or {"iris": "why"},
    )
    for _ in range(2):
        report = api.run(str(tiny), seeds="0", out=tmp_path / "out")
        assert report.notes[-1] == "no picture of iris: why"
    assert drawn == [(tmp_path / "out", {"iris(rows=20)@tiny"}), (tmp_path / "out", set())]


@pytest.mark.slow
def test_the_gallery_is_in_the_folder(tmp_path, tiny):
    api.run(str(tiny), seeds="0", out=tmp_path / "out")
    assert [path.name for path in (tmp_path / "out" / "gallery").iterdir()] == ["iris-rows=20--tiny.png"]


def test_a_dry_run_counts_and_writes_nothing(here, tiny):
    would = api.dry_run(str(tiny), out="out", seeds="0-2", methods="mixup,cutmix")
    assert would.cells == {("iris(rows=20)@tiny", m): 3 for m in ("erm", "mixup", "cutmix")}
    assert (would.runs, would.total) == (9, 9)
    assert would.seconds > 0
    assert not (here / "out").exists()
    api.run(str(tiny), out="out", seeds="0", methods="mixup")
    assert api.dry_run(str(tiny), out="out", seeds="0-2", methods="mixup").runs == 4


def test_a_leaderboard_needs_results(tmp_path):
    with pytest.raises(InputError, match=r"no results there \(no matrix.toml\); make some with: mixsuite run MATRIX"):
        api.leaderboard(tmp_path)
    assert api.leaderboard(write_folder(tmp_path, {"t": {"erm": BASE, "m": BASE}})).complete
