"""The command that tests what the papers claim."""

from types import SimpleNamespace

import pytest

from mixsuite import api
from mixsuite.claims import run as module
from mixsuite.claims.judge import SubTest


@pytest.mark.parametrize(
    ("outcome", "status"), [("better", 0), ("undecided (needs 6 seeds)", 0), ("not run: no data", 1)]
)
def test_status_1_where_a_sub_test_was_not_run(mixsuite, monkeypatch, tmp_path, outcome, status):
    got = {}

    def claims(only, **asked):
        got.update(asked, only=only)
        return [SimpleNamespace(tests=[SubTest("t", "error", "a", "b", outcome)])]

    monkeypatch.setattr(api, "claims", claims)
    monkeypatch.setattr(module, "as_text", lambda findings: "the findings")
    monkeypatch.setattr(module, "frame", lambda findings: "the frame")
    monkeypatch.setattr(module, "as_markdown", lambda frame: f"{frame} as Markdown")
    found = mixsuite(
        "claims",
        "--only",
        "cost,uci",
        "--scale",
        "full",
        "--out",
        tmp_path / "claims",
        "--workers",
        2,
        "--stop-after",
        9,
    )
    assert (found.status, found.out) == (status, "the findings\n")
    assert got["stop_after"] == 9.0
    assert (got["only"], got["scale"], got["out"], got["workers"]) == ("cost,uci", "full", tmp_path / "claims", 2)
    assert f"{tmp_path}/claims.csv, {tmp_path}/claims_published.csv" in found.err
    assert mixsuite("claims", "--format", "md").out == "the frame as Markdown\n"


def test_an_unknown_study_is_named(mixsuite):
    told = mixsuite("claims", "--only", "test_eror")
    assert told.status == 2
    assert "test_error" in told.err
