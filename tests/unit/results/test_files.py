"""Files are written whole or not at all, one writer at a time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mixsuite.errors import InputError
from mixsuite.results.files import rewriting, write_text, write_whole


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


def test_six_at_once_lose_nothing(tmp_path):
    """Each reads the file, changes it and writes it."""
    path = tmp_path / "sum.txt"
    write_text(path, "")

    def add(name):
        with rewriting(path):
            before = path.read_text()
            time.sleep(0.01)
            write_text(path, before + name)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, "abcdef"))
    assert sorted(path.read_text()) == list("abcdef")
    assert {p.name for p in tmp_path.iterdir()} <= {"sum.txt", ".sum.txt.lock"}


def test_two_that_write_one_file_at_once_have_parts_of_their_own(tmp_path):
    path, parts = tmp_path / "a.csv", []

    def outer(part):
        parts.append(part)
        write_whole(path, lambda inner: parts.append(inner) or inner.write_text("inner"))
        part.write_text("outer")

    write_whole(path, outer)
    assert len(set(parts)) == 2
    assert path.read_text() == "outer"
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_has_the_rights_that_files_have(tmp_path):
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "whole", "")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_name_as_long_as_a_name_may_be_is_written(tmp_path):
    path = tmp_path / ("n" * 255)
    with rewriting(path):
        write_text(path, "x")
    assert path.read_text() == "x"
    with pytest.raises(InputError, match="cannot be written: File name too long"):
        write_text(tmp_path / ("n" * 256), "x")


def test_no_link_is_followed(tmp_path):
    """A link in a folder that came from elsewhere is replaced, or refused where it stands for a lock."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "a.csv").symlink_to(victim)
    write_text(tmp_path / "a.csv", "x")
    assert not (tmp_path / "a.csv").is_symlink()
    (tmp_path / ".b.csv.lock").symlink_to(victim)
    with pytest.raises(InputError, match=r"b\.csv: cannot be written: it is a link"), rewriting(tmp_path / "b.csv"):
        pass
    assert victim.read_text() == "mine"
