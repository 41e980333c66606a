"""How a call stands, told to who looks."""

import pytest

from mixsuite.execution import progress as module
from mixsuite.execution.progress import Progress, unwatched


def test_runs_are_counted_by_what_they_came_to():
    progress = Progress("title", 5)
    for status in ("ok", "ok", "failed", "skipped"):
        progress.count(status, f"a run: {status}")
    assert (progress.ok, progress.failed, progress.skipped, progress.done) == (2, 1, 1, 4)
    assert progress.last == "a run: skipped"


def test_the_time_left_is_the_estimate_until_a_run_has_ended_then_by_the_pace(monkeypatch):
    assert Progress("title", 4).seconds_left is None
    progress = Progress("title", 4, estimate=100.0, started=1000.0)
    assert progress.seconds_left == 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: 1030.0)  # one of four in 30 s
    progress.count("ok", "")
    assert progress.seconds_left == 90.0
    for _ in range(3):
        progress.count("ok", "")
    assert progress.seconds_left == 0.0


def test_a_status_that_is_none_is_refused():
    with pytest.raises(AttributeError):
        Progress("title", 1).count("fine", "")


def test_nobody_need_look():
    assert unwatched(Progress("title", 1)) is None
