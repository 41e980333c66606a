"""Files are written whole or not at all."""

import pytest

from mixsuite.errors import InputError
from mixsuite.results.files import write_text, write_whole


def test_a_file_and_its_folder_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "c.csv"
    write_text(path, "x,y\n1,\u03b1\n")
    assert path.read_bytes() == b"x,y\n1,\xce\xb1\n"  # no line end is translated
    assert [p.name for p in path.parent.iterdir()] == ["c.csv"]


def test_what_fails_half_way_leaves_the_former_file(tmp_path):
    path = tmp_path / "c.csv"
    write_text(path, "whole")

    def half(part):
        part.write_text("ha")
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        write_whole(path, half)
    assert path.read_text() == "whole"


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"x\.csv: cannot be written: File exists"):
        write_text(tmp_path / "file" / "x.csv", "")
