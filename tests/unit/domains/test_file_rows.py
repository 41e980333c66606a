"""Rows that are files: found again, and refused once they have changed."""

import os
from dataclasses import dataclass

import pytest

from mixsuite.domains.file_rows import FileRows, Files
from mixsuite.errors import InputError


@dataclass(frozen=True, eq=False)
class Sizes(FileRows):
    def read(self, row):
        return self.files.path(row).stat().st_size


def test_rows_are_the_files_whatever_they_are_called(tmp_path):
    paths = [tmp_path / "a" / "1.txt", tmp_path / "ö \n.txt"]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * number)
    rows = Sizes(Files.of(paths, tmp_path, "content"))
    assert (len(rows), rows.identity, [rows.read(row) for row in range(2)]) == (2, "content 2", [0, 1])
    assert rows.files.path(1) == paths[1]


@pytest.mark.parametrize("change", ["size", "time", "gone"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, change):
    path = tmp_path / "a.txt"
    path.write_text("one")
    rows = Sizes(Files.of([path], tmp_path, ""))
    if change == "gone":
        path.unlink()
    elif change == "time":
        os.utime(path, ns=(1, 1))
    else:
        path.write_text("three")
    said = (
        "cannot be read any more: No such file" if change == "gone" else "was changed while it was read; run it again"
    )
    with pytest.raises(InputError, match=f"a.txt: {said}"):
        rows.read(0)
