"""A small part of `make proofs`: a changing law and a fixed one train, and the page says what was measured."""

import sys

import pytest
from support.proofs import load_proof


@pytest.mark.slow
def test_the_page_is_made_from_trainings(tmp_path, monkeypatch, capsys):
    page = tmp_path / "laws.md"
    monkeypatch.setattr(sys, "argv", ["laws", "--out", str(page), "--turns", "2", "--steps", "6", "--long", "200"])
    load_proof("laws").main()
    text = page.read_text()
    assert text == capsys.readouterr().out
    assert [line.split(" | ")[0] for line in text.splitlines() if "rows=" in line and line.startswith("|")] == [
        "| wine(rows=60)", "| digits(rows=150)",
    ]  # fmt: skip
    assert [line.split()[1] for line in text.splitlines()[-4:]] == ["2", "20", "100", "200"]
