"""The live display: a bar on a terminal, else a line now and then."""

import io
import sys

import pytest

from mixsuite.cli import progress as module
from mixsuite.cli.progress import duration, progress_display, spinner
from mixsuite.execution.progress import Progress


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.4, "59s"), (59.6, "1m00s"), (185, "3m05s"), (3600, "1h00m"), (3725, "1h02m")],
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text


def test_lines_come_now_and_then_and_at_the_end(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    progress = Progress("a title", 4, cost=10.0, running=2, started=100.0)
    with progress_display() as watch:
        watch(progress)
        watch(progress)
        assert capsys.readouterr().err == "a title\n"
        now[0] += 14
        watch(progress)
        assert capsys.readouterr().err == ""
        now[0] += 2
        watch(progress)
        assert capsys.readouterr().err == "0/4 done (0 failed), 2 running, too early to say how long\n"
        now[0] += 16  # 32 s for four tenths
        progress.begun_cost = 4.0
        watch(progress)
        assert capsys.readouterr().err == "0/4 done (0 failed), 2 running, about 48s left\n"
        for status in ("ok", "ok", "failed", "skipped"):
            progress.count(status, "")
        watch(progress)
        assert capsys.readouterr().err == "4/4 done (1 failed, 1 skipped), 2 running, about 0s left\n"


def test_nothing_to_do_is_the_title_alone(capsys):
    with progress_display() as watch:
        watch(Progress("a title", 0))
    assert capsys.readouterr().err == "a title\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_there_is_a_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_display() as watch:
        watch(Progress("a title", 4, running=2, last="wine erm seed 0: ok"))
    assert "a title" in terminal.getvalue()


def test_bytes_are_shown_on_a_terminal_alone(monkeypatch, capsys):
    with spinner("fetching") as watch:
        watch(5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with spinner("fetching wine") as watch:
        watch(2_000_000)
    assert "fetching wine" in terminal.getvalue()
