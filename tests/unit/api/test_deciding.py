"""Seeds are added until every comparison is decided, and the looks are declared before the first run."""

import pytest

from mixsuite import api
from mixsuite.api.deciding import declared, need_until, seeds_in_order
from mixsuite.errors import InputError
from mixsuite.results.manifest import Looks, load_manifest
from mixsuite.results.record_files import read_records

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.mark.parametrize(
    ("until", "max_seeds", "said"),
    [
        ("deciding", None, "--until deciding: allowed is 'decided'"),
        (None, 20, "--max-seeds belongs to --until decided"),
        ("decided", 5, "--max-seeds 5: allowed is 6 to 1000"),
        ("decided", 1001, "--max-seeds 1001: allowed is 6 to 1000"),
    ],
)
def test_what_cannot_be_meant_is_refused(tiny, until, max_seeds, said):
    with pytest.raises(InputError, match=said):
        need_until(until, max_seeds)
    for ask in (api.run, lambda matrix, **options: api.compare("mixup", matrix=matrix, **options)):
        with pytest.raises(InputError, match=said):
            ask(str(tiny), until=until, max_seeds=max_seeds)


def test_further_seeds_follow_those_given():
    assert seeds_in_order((5, 2), Looks((2, 5), 1)) == (2, 5, 6, 7, 8)
    assert seeds_in_order((0, 1, 2), Looks((2,), 1)) == (0, 1)
    assert declared(10, None, 1).seeds[-1] == 30
    assert declared(10, 12, 1).seeds[-1] == 12
    assert declared(1, None, 1) == Looks((6,), 1)


@pytest.mark.slow
def test_a_run_stops_where_all_is_decided_and_goes_on_where_it_was(here, tiny):
    asked = {"methods": "mixup(alpha=0.0000001),mixup(length=2)", "until": "decided", "max_seeds": 8, "out": "out"}
    report = api.run(str(tiny), **asked)
    manifest = load_manifest(here / "out")
    assert manifest.looks == declared(2, 8, 2)
    task = next(iter(manifest.tasks))
    seeds = {method: len(manifest.cells[task, method]) for method in manifest.methods}
    assert seeds["mixup(alpha=1e-07)"] == manifest.looks.seeds[0]  # next to the same: a tie at once
    assert seeds["erm"] == max(seeds.values()) <= 8
    rows = report.tasks[task].set_index("method")
    assert rows["stopped"].dropna().to_dict() == {m: n for m, n in seeds.items() if m != "erm"}
    before = read_records(here / "out")
    api.run(str(tiny), **asked)
    assert {run: r.time for run, r in read_records(here / "out").items()} == {run: r.time for run, r in before.items()}
    with pytest.raises(InputError, match=r"was begun with looks at .*give another --out"):
        api.run(str(tiny), **asked | {"max_seeds": 20})
    assert not manifest.raised
    api.run(str(tiny), methods=asked["methods"], out="out", seeds="0-11")
    assert load_manifest(here / "out").raised


def test_a_folder_that_was_begun_without_looks_is_refused(here, tiny):
    api.run(str(tiny), seeds="0", out="out")
    with pytest.raises(InputError, match="was begun without looks"):
        api.run(str(tiny), until="decided", out="out")


@pytest.mark.slow
def test_a_comparison_stops_where_it_is_decided(here, tiny):
    report = api.compare("mixup(alpha=0.0000001)", "erm", matrix=str(tiny), until="decided", max_seeds=9, out="out")
    (row,) = report.comparisons[0].table.to_dict("records")
    assert (row["verdict"], row["pairs"]) == ("tie", row["stopped"])
    assert row["stopped"] == declared(2, 9, 1).seeds[0]
