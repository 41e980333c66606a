"""How a call stands, told to who looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixsuite.execution import progress as module
from mixsuite.execution.progress import Progress, unwatched


def test_runs_are_counted_by_what_they_came_to():
    progress = Progress("title", 5)
    for status in ("ok", "ok", "failed", "skipped"):
        progress.count(status, f"a run: {status}")
    assert (progress.ok, progress.failed, progress.skipped, progress.done) == (2, 1, 1, 4)
    assert progress.last == "a run: skipped"


def test_the_time_left_follows_the_clock_and_what_is_done(monkeypatch):
    """A run that costs three times another counts three times; runs in progress count by their steps."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    progress = Progress("title", 4, cost=10.0, started=1000.0)
    assert progress.seconds_left is None
    now[0] = 1002.0
    progress.begun_cost = 1.0
    assert progress.seconds_left is None  # too soon
    now[0] = 1020.0
    assert progress.seconds_left == 180.0  # a tenth in 20 s
    progress.count("ok", "", cost=1.0)
    progress.begun_cost = 3.0
    assert progress.seconds_left == 30.0
    now[0] = 1200.0  # a machine that is busy: the estimate follows
    assert progress.seconds_left == 300.0
    for cost in (3.0, 3.0, 3.0):
        progress.count("ok", "", cost=cost)
    assert progress.seconds_left == 0.0


def test_next_to_nothing_done_says_nothing(monkeypatch):
    monkeypatch.setattr(module.time, "monotonic", lambda: 1100.0)
    assert Progress("title", 4, cost=1000.0, begun_cost=4.0, started=1000.0).seconds_left is None
    assert Progress("title", 4, started=1000.0).seconds_left is None


@given(st.lists(st.floats(0.001, 100), min_size=1, max_size=8), st.floats(0, 1), st.integers(0, 8), st.floats(3, 10**6))
def test_the_time_left_is_never_negative_and_scales_with_the_clock(costs, share, done, elapsed):
    progress = Progress("title", len(costs), cost=sum(costs), started=0.0)
    for cost in costs[:done]:
        progress.count("ok", "", cost)
    progress.begun_cost = share * sum(costs[done : done + 1])
    left = []
    for at in (elapsed, 2 * elapsed):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module.time, "monotonic", lambda at=at: at)
            left.append(progress.seconds_left)
    if left[0] is not None:
        assert left[0] >= 0
        assert left[1] == pytest.approx(2 * left[0])


def test_a_status_that_is_none_is_refused():
    with pytest.raises(AttributeError):
        Progress("title", 1).count("fine", "")


def test_nobody_need_look():
    assert unwatched(Progress("title", 1)) is None
