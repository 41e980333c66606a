"""Figures are written whole or not at all, and bear no date."""

import pytest
from matplotlib.figure import Figure

from mixsuite.errors import InputError
from mixsuite.plots.save import save


def test_a_figure_is_a_png_of_the_same_bytes_every_time(tmp_path):
    for name in ("one.png", "two.png"):
        save(Figure(figsize=(1, 1)), tmp_path / "deep" / name)
    one, two = ((tmp_path / "deep" / name).read_bytes() for name in ("one.png", "two.png"))
    assert one.startswith(b"\x89PNG")
    assert one == two
    assert b"Software" not in one
    assert not list(tmp_path.rglob("*.part"))


def test_a_file_that_cannot_be_written_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save(Figure(figsize=(1, 1)), tmp_path / "file" / "x.png")
