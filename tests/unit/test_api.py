"""The one road from Python: what is asked is carried out, and comes back as result objects."""

import inspect

import pandas as pd
import pytest
from support.folders import BASE, write_folder
from support.sources import INTRA_MIX

import mixsuite as package
from mixsuite import api
from mixsuite.cli import authors, claims, regression, runs, tuning
from mixsuite.errors import InputError
from mixsuite.results.manifest import load_manifest
from mixsuite.results.record_files import read_records
from mixsuite.testing import check

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def plain(monkeypatch):
    """Without the gallery, whose pictures take seconds."""
    monkeypatch.setattr("mixsuite.plots.gallery.draw_gallery", lambda out, root, trained: {})


@pytest.fixture
def here(tmp_path, monkeypatch, tiny, plain):
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


@pytest.mark.slow
def test_a_comparison_uses_the_references_runs_that_are_there(here, tiny):
    (here / "mine.py").write_text(INTRA_MIX)
    api.run(str(tiny), seeds="0-5")
    before = read_records(here / "results" / "tiny")
    report = api.compare("./mine.py(alpha=0.4)", "mixup", matrix=str(tiny), seeds="0-5")
    after = read_records(here / "results" / "compare" / "mine(alpha=0.4)")
    mixup = {run: record for run, record in before.items() if record.names["method"] == "mixup"}
    assert {run: record.time for run, record in after.items() if run in before} == {r: v.time for r, v in mixup.items()}
    assert {record.names["method"] for record in after.values()} == {"mixup", "mine(alpha=0.4)"}
    assert [comparison.reference for comparison in report.all] == ["mixup"]
    assert report.comparisons[0].table["pairs"].tolist() == [6]
    assert (here / "results" / "compare" / "mine(alpha=0.4)" / "against-mixup.csv").is_file()


def test_a_costlier_variant_is_held_against_controls_of_its_cost(here, tiny):
    report = api.compare("mixup(length=2)", ["erm"], matrix=str(tiny), out="out")
    assert [comparison.reference for comparison in report.at_equal_compute] == ["erm(length=2)", "erm(batch=2)"]


def test_a_comparison_with_nothing_is_refused(tiny):
    with pytest.raises(InputError, match="--against: at least one method is needed"):
        api.compare("mixup", "", matrix=str(tiny))


def test_a_regression_is_refused_before_anything_is_trained(here, tiny):
    (here / "b.csv").write_text("x\n")
    with pytest.raises(InputError, match="not a baseline"):
        api.regress("out", "b.csv", matrix=str(tiny))
    assert not (here / "out").exists()


def test_training_anew_times_the_yardstick_before_and_after(here, tiny, monkeypatch):
    from mixsuite.regression import regress, yardstick

    times = iter((1.0, 3.0))
    begin, end = "2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00"
    monkeypatch.setattr(yardstick, "time_yardstick", lambda: yardstick.Yardstick(next(times), 1e8, begin, end))
    monkeypatch.setattr(regress, "compare_with_baseline", lambda *args, **kwargs: None)
    api.regress("out", "none.csv", matrix=str(tiny))
    assert yardstick.load_yardstick(here / "out").seconds == 2.0
    assert len(load_manifest(here / "out").runs()) == 4
    with pytest.raises(InputError, match="holds results already"):
        api.regress("out", "none.csv", matrix=str(tiny))


def test_a_comparison_with_a_baseline_comes_back_whole(accepted, tmp_path):
    (tmp_path / "b.csv").write_text(accepted[1])
    found = api.regress(accepted[0], tmp_path / "b.csv")
    assert (found.status, [change.verdict for change in found.changes]) == (0, ["same", "same"])


@pytest.mark.parametrize(
    ("options", "said"),
    [({"workers": 0}, "workers=0"), ({"executor": "lockstepp"}, "executor"), ({"rerun": "allways"}, "rerun"),
     ({"device": "gpu"}, "device"), ({"timeout": -1}, "timeout"), ({"seeds": []}, "seeds"),
     ({"data": "/none"}, "--data /none: no such folder")],
)  # fmt: skip
def test_options_are_checked(tiny, tmp_path, options, said):
    for ask in (api.run, api.dry_run):
        with pytest.raises(InputError, match=said):
            ask(str(tiny), out=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_option_that_there_is_not_is_refused(tiny):
    with pytest.raises(TypeError, match="sedes"):
        api.run(str(tiny), sedes="0")


OWN = {"wide", "dry_run", "perf", "form", "history", "skip_check"}  # of the command line alone


@pytest.mark.parametrize(
    ("function", "command"),
    [
        (api.run, runs.run),
        (api.compare, authors.compare),
        (api.regress, regression.regress),
        (api.claims, claims.claims),
        (api.tune, tuning.tune),
    ],
)
def test_each_function_has_the_options_of_the_command_of_its_name(function, command):
    ours, theirs = (inspect.signature(f).parameters.keys() for f in (function, command))
    renamed = {"run": "matrix"} if function is api.regress else {}
    assert {renamed.get(name, name) for name in theirs} - OWN == ours - {"watch"}


class InMemory:
    """A class that no file names."""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: api.run(methods=[InMemory]), "InMemory lives in memory alone"),
        (lambda: api.run(methods=InMemory), "InMemory lives in memory alone"),
        (lambda: api.dry_run(datasets=["wine", InMemory()]), "a InMemory lives in memory alone"),
        (lambda: api.compare(InMemory), "InMemory lives in memory alone"),
        (lambda: api.run(InMemory()), "a InMemory lives in memory alone"),
        (lambda: check(InMemory), "InMemory lives in memory alone"),
    ],
)
def test_a_class_or_an_object_in_memory_is_refused_in_one_line(call, said):
    with pytest.raises(InputError, match=said) as found:
        call()
    assert "%%writefile" in str(found.value) and "\n" not in str(found.value)
