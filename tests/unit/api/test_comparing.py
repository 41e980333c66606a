"""A comparison trains what is missing, and holds a costlier variant against controls."""

import pytest
from support.sources import INTRA_MIX

from mixsuite import api
from mixsuite.errors import InputError
from mixsuite.results.record_files import read_records

pytestmark = pytest.mark.usefixtures("in_process")


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


def test_a_comparison_whose_time_is_up_goes_on_with_the_same_call(here, tiny):
    with pytest.raises(KeyboardInterrupt):
        api.compare("mixup", "erm", matrix=str(tiny), out="out", stop_after=0)
    with pytest.raises(InputError, match="stop_after=-1: allowed is a number of seconds from 0"):
        api.compare("mixup", "erm", matrix=str(tiny), out="out", stop_after=-1)
    assert api.compare("mixup", "erm", matrix=str(tiny), out="out", stop_after=600).comparisons


def test_what_is_called_at_the_start_can_end_the_comparison_before_anything_is_trained(here, tiny):
    def end():
        raise InputError("not this one")

    with pytest.raises(InputError, match="not this one"):
        api.compare("mixup", "erm", matrix=str(tiny), out="out", at_start=end)
    assert not (here / "out").exists()


def test_a_comparison_with_nothing_is_refused(tiny):
    with pytest.raises(InputError, match="--against: at least one method is needed"):
        api.compare("mixup", "", matrix=str(tiny))


@pytest.mark.slow
def test_longer_runs_say_whether_a_comparison_has_converged(here, tiny):
    report = api.compare("mixup(length=2)", "erm", matrix=str(tiny), out="out", lengths="2")
    (row,) = report.comparisons[0].table.to_dict("records")
    assert row["task"] == "iris(rows=20)@tiny"
    assert row["converged"] in ("yes", "no", "overtrained", "undecided")
    trained = {(record.names["task"], record.names["method"]) for record in read_records(here / "out").values()}
    assert {task for task, _ in trained} == {"iris(rows=20)@tiny", "iris(rows=20)@tiny×2"}
    assert ("iris(rows=20)@tiny×2", "erm(batch=2)") not in trained  # controls are not looked at
    assert ("iris(rows=20)@tiny", "erm(batch=2)") in trained


@pytest.mark.parametrize("lengths", ["x", "0", "1001", "2,", [2.5]])
def test_lengths_that_there_are_not_are_refused(tiny, lengths):
    with pytest.raises(InputError, match="allowed are whole numbers from 1 to 1000"):
        api.compare("mixup", "erm", matrix=str(tiny), lengths=lengths)


@pytest.mark.slow
def test_many_variants_are_counted_and_one_is_confirmed_on_what_is_fresh(here, tiny):
    first = api.compare("mixup(alpha=0.5)", "erm", matrix=str(tiny), datasets="iris")
    second = api.compare("mixup(alpha=0.6)", "erm", matrix=str(tiny), datasets="iris")
    assert first.notes == ()
    assert second.notes[0].startswith("2 variants were compared on tiny, with 0 better in 2 comparisons")
    with pytest.raises(InputError, match="comparisons were made on iris before"):
        api.compare("mixup(alpha=0.6)", "erm", matrix=str(tiny), datasets="iris", confirm=True)
    with pytest.raises(InputError, match=r"mixup\(alpha=0.7\) was not compared before"):
        api.compare("mixup(alpha=0.7)", "erm", matrix=str(tiny), datasets="wine(rows=20)@tiny", confirm=True)
    for _ in range(2):
        found = api.compare("mixup(alpha=0.6)", "erm", matrix=str(tiny), datasets="wine(rows=20)@tiny", confirm=True)
        assert found.notes == ("a confirmation: its seeds and its data sets were looked at for the first time",)
    records = read_records(here / "results" / "compare" / "mixup(alpha=0.6)").values()
    assert {record.seed for record in records if record.names["dataset"].startswith("wine")} == {2, 3}
    lines = (here / "results" / "compare" / "tried.csv").read_text().splitlines()
    assert len(lines) == 4
