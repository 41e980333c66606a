"""Fixtures of the interface's tests."""

import pytest


@pytest.fixture
def plain(monkeypatch):
    """Without the gallery, whose pictures take seconds."""
    monkeypatch.setattr("mixsuite.plots.gallery.draw_gallery", lambda out, root, trained: {})


@pytest.fixture
def here(tmp_path, monkeypatch, tiny, plain):
    monkeypatch.chdir(tmp_path)
    return tmp_path
