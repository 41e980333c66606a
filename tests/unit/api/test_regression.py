"""Training anew and comparing with a baseline."""

import pytest

from mixsuite import api
from mixsuite.errors import InputError
from mixsuite.results.manifest import load_manifest

pytestmark = pytest.mark.usefixtures("in_process")


def test_a_regression_is_refused_before_anything_is_trained(here, tiny):
    (here / "b.csv").write_text("x\n")
    with pytest.raises(InputError, match="not a baseline"):
        api.regress("out", "b.csv", matrix=str(tiny))
    assert not (here / "out").exists()


def test_training_anew_times_the_yardstick_before_and_after(here, tiny, monkeypatch):
    from mixsuite.regression import yardstick

    times = iter((1.0, 3.0))
    begin, end = "2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00"
    monkeypatch.setattr(yardstick, "time_yardstick", lambda: yardstick.Yardstick(next(times), 1e8, begin, end))
    api.train_anew(str(tiny), "out")
    assert yardstick.load_yardstick(here / "out").seconds == 2.0
    assert len(load_manifest(here / "out").runs()) == 4
    with pytest.raises(InputError, match="holds results already"):
        api.train_anew(str(tiny), "out")


def test_a_comparison_with_a_baseline_comes_back_whole(accepted, tmp_path):
    (tmp_path / "b.csv").write_text(accepted[1])
    found = api.regress(accepted[0], tmp_path / "b.csv")
    assert (found.status, [change.verdict for change in found.changes]) == (0, ["same", "same"])
