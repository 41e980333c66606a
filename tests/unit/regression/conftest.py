"""The accepted results against edited baselines."""

import pandas as pd
import pytest

from mixsuite.regression.regress import compare_with_baseline


@pytest.fixture
def changed(accepted, tmp_path, monkeypatch):
    """The accepted results against a baseline that was edited: change(frame) -> what is said."""
    monkeypatch.chdir(tmp_path)
    out, text = accepted

    def compare(edit):
        (tmp_path / "b.csv").write_text(text)
        frame = pd.read_csv(tmp_path / "b.csv", dtype=str, keep_default_na=False)
        edited = edit(frame)
        (frame if edited is None else edited).to_csv(tmp_path / "b.csv", index=False)
        return compare_with_baseline(out, tmp_path / "b.csv")

    return compare
