"""Figures that the papers print, beside ours."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.folders import BASE, write_folder
from support.studies import FIGURES

from mixsuite.claims import published as published_module
from mixsuite.claims.published import beside, published, read_published, read_table
from mixsuite.claims.study import load_study
from mixsuite.errors import InputError
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.results.reading import load_results


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FIGURES.replace("value", "figure"), "its columns must be paper, table"),
        (FIGURES + "p,t,d,m,mixup,error,about 5,last,1,,,,\n", "line 2: value='about 5' is no number"),
        (FIGURES + "p,t,d,m,mixup,error,inf,last,1,,,,\n", "line 2: value='inf' is no number"),
        ("", "cannot be read as a table"),
    ],
)
def test_figures_that_cannot_be_meant_are_refused(text, said, tmp_path):
    (tmp_path / "published.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_published(tmp_path / "published.csv")


@pytest.mark.slow
def test_every_figure_of_a_paper_names_what_a_study_has():
    figures = published()
    assert len(figures) >= 100
    assert (figures["paper"] == "mixup (1710.09412)").all()  # of the others no table was at hand
    named = figures[figures["study"] != ""]
    cells_of = {name: resolve(load_study(name).matrix("quick")) for name in named["study"].unique()}
    for row in named.itertuples():
        cells = cells_of[row.study]
        assert row.task in {task.name for task in cells.tasks}, row
        assert resolve_method(row.our_method).name in {method.name for method in cells.methods}, row
        probe = row.our_metric.partition("@")[2]
        assert not probe or probe in {one.name for one in cells.probes}, row
    assert (figures[["task", "our_method", "our_metric"]].ne("").all(axis=1) == figures["study"].ne("")).all()


def test_per_cent_are_counted_as_the_paper_counts_them(tmp_path, monkeypatch):
    figure = 'p,t,d,m,mixup,"test error, %",12.5,last,1,s,t,mixup,error\n'
    plain = "p,t,d,m,mixup,nll,0.5,last,1,s,t,mixup,error\n"
    rest = "p,t,d,m,mixup,error,0.5,last,1,s,gone,mixup,error\np,t,d,m,mixup,error,0.5,last,1,other,t,mixup,error\n"
    (tmp_path / "f.csv").write_text(FIGURES + figure + plain + rest)
    monkeypatch.setattr(published_module, "published", lambda: read_published(tmp_path / "f.csv"))
    results = load_results(write_folder(tmp_path / "out", {"t": {"erm": BASE, "mixup": BASE}}))
    table = beside("s", results)
    low, high = stats.t.interval(0.95, 9, BASE.mean(), stats.sem(BASE))
    assert table["ours"].tolist()[:2] == pytest.approx([100 * BASE.mean(), BASE.mean()])
    assert table["low"].tolist()[:2] == pytest.approx([100 * low, low])
    assert table["high"].tolist()[:2] == pytest.approx([100 * high, high])
    assert table["seeds"].tolist() == [10, 10, 0]
    assert np.isnan(table["ours"][2])


def test_a_table_is_read_as_text(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,\n")
    assert read_table(tmp_path / "t.csv").to_numpy().tolist() == [["1", ""]]


@pytest.mark.slow
def test_a_papers_figure_stands_beside_ours(kinds):
    folder, v, _, told = kinds
    (row,) = pd.read_csv(folder / "results" / "claims_published.csv").itertuples()
    errors = 100 * v["short", "mixup", "error"]
    assert (row.value, row.seeds) == (12.5, 7)
    assert row.ours == pytest.approx(errors.mean(), rel=1e-5)
    assert (row.low, row.high) == pytest.approx(stats.t.interval(0.95, 6, errors.mean(), stats.sem(errors)), rel=1e-4)
    assert "published, and ours:" in told.output
