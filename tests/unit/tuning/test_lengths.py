"""Lengths by rule: the shortest that has converged, chosen on training rows alone."""

import pandas as pd
import pytest

from mixsuite import api
from mixsuite.errors import InputError
from mixsuite.results.manifest import load_manifest
from mixsuite.results.record_files import read_records
from mixsuite.stats.convergence import NO, YES
from mixsuite.tuning import lengths
from mixsuite.tuning.lengths import report_text

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def decided(monkeypatch):
    """decided("no", "yes"): what is said of each comparison, whose length its first seeds tell."""

    def make(*states):
        known: list[bytes] = []

        def state(mine, theirs, margin):
            assert margin > 0
            if mine.short.tobytes() not in known:
                known.append(mine.short.tobytes())
            return states[known.index(mine.short.tobytes())]

        monkeypatch.setattr(lengths, "converged", state)

    return make


@pytest.mark.slow
def test_the_first_length_that_has_converged_is_chosen_and_no_longer_one_is_trained(tiny, tmp_path, decided):
    decided(NO, YES)
    report = api.lengths(str(tiny), grid="2,4,8", out=tmp_path / "out")
    (task,) = report.chosen
    assert report.chosen == {task: 2}
    records = read_records(tmp_path / "out").values()
    assert {record.names["recipe"] for record in records} == {"tiny", "tiny×2", "tiny×4"}  # ×8 would tell nothing
    assert all("fold" in record.spec for record in records)
    assert not load_manifest(tmp_path / "out").cells  # inner runs are no cells of a table
    table = pd.read_csv(tmp_path / "out" / "lengths.csv")
    assert table["converged"].tolist() == [NO, YES, "not looked"]
    assert table["chosen"].tolist() == [False, True, False]
    assert "[recipes.tiny_2x]" in (tmp_path / "out" / "recipes.toml").read_text()
    assert report_text(report).endswith("x2 of its recipe's length")


@pytest.mark.slow
def test_where_none_has_converged_none_is_chosen(tiny, tmp_path, decided):
    decided(NO, NO)
    report = api.lengths(str(tiny), grid=(1, 2, 4), out=tmp_path / "out")
    assert set(report.chosen.values()) == {None}
    assert "[recipes." not in (tmp_path / "out" / "recipes.toml").read_text()
    assert report_text(report).endswith("no length of the grid has converged")


@pytest.mark.slow
def test_a_second_call_trains_nothing(tiny, tmp_path):
    first = api.lengths(str(tiny), grid="1,2", out=tmp_path / "out")
    before = {run: record.time for run, record in read_records(tmp_path / "out").items()}
    second = api.lengths(str(tiny), grid="1,2", out=tmp_path / "out")
    assert {run: record.time for run, record in read_records(tmp_path / "out").items()} == before
    pd.testing.assert_frame_equal(first.table, second.table)


@pytest.mark.parametrize("grid", ["1", "0,2", "x", ""])
def test_a_grid_of_one_length_or_of_none_is_refused(tiny, tmp_path, grid):
    with pytest.raises(InputError, match=r"allowed are whole numbers|at least one length above 1"):
        api.lengths(str(tiny), grid=grid, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_states_are_those_of_the_rule(tiny, tmp_path):
    report = api.lengths(str(tiny), grid="1,2", seeds="0-2", out=tmp_path / "out")
    row = report.table.iloc[0]
    assert row["n"] == 3
    assert row["margin"] == pytest.approx(max(0.05 * row["reference_mean"], 1 / 20))
