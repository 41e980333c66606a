"""Checksums of many files: hashed once, and again where one has changed."""

import hashlib
import os

import numpy as np
import pytest

from mixsuite.domains import checksums as module
from mixsuite.domains.checksums import FOLDER, checksums, recall, remember, stamps
from mixsuite.errors import InputError


@pytest.fixture
def many(tmp_path, monkeypatch):
    """Five old files, which are many here; (paths, root, the paths that are hashed)."""
    monkeypatch.setattr(module, "MANY", 5)
    paths = [tmp_path / "set" / f"{number}.bin" for number in range(5)]
    paths[0].parent.mkdir()
    (tmp_path / "root").mkdir()
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 10)
        os.utime(path, ns=(10**18, 10**18 + number))
    monkeypatch.setattr(module.time, "time_ns", lambda: paths[0].stat().st_ctime_ns + 10**10)
    hashed, sha256 = [], module._sha256
    monkeypatch.setattr(module, "_sha256", lambda path: hashed.append(path) or sha256(path))
    return paths, tmp_path / "root", hashed


def slow(paths):
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_many_are_hashed_once_and_one_that_changed_again(many):
    paths, root, hashed = many
    assert checksums(paths, root) == slow(paths)
    assert hashed == paths
    hashed.clear()
    assert checksums(paths, root) == slow(paths)
    assert hashed == []
    paths[2].write_bytes(b"other data")  # of the same size
    assert checksums(paths, root) == slow(paths)
    assert hashed == [paths[2]]


def test_two_files_that_change_names_are_hashed_again(many):
    paths, root, hashed = many
    for path in paths:
        os.utime(path, ns=(10**18, 10**18))  # of one size and one time stamp, as copies of a camera's files may be
    checksums(paths, root)
    other = paths[0].with_name("other")
    paths[0].rename(other)
    paths[1].rename(paths[0])
    other.rename(paths[1])
    hashed.clear()
    assert checksums(paths, root) == slow(paths)
    assert hashed == paths[:2]


def test_a_file_that_was_just_written_is_hashed_again_since_its_time_stamp_may_not_tell(many):
    paths, root, hashed = many
    now = paths[0].stat().st_ctime_ns + 10**10
    os.utime(paths[1], ns=(now, now - 10**9))
    checksums(paths, root)
    hashed.clear()
    checksums(paths, root)
    assert hashed == [paths[1]]


def test_a_file_that_is_gone_is_named(many):
    paths, root, _ = many
    paths[3].unlink()
    for some in (paths, paths[3:]):
        with pytest.raises(InputError, match=r"3.bin: cannot be read: No such file"):
            checksums(some, root)
    assert not list(root.iterdir())


def test_a_data_root_that_is_not_there_is_not_made(many, tmp_path):
    paths, *_ = many
    assert checksums(paths, tmp_path / "nowhere") == slow(paths)
    assert not (tmp_path / "nowhere").exists()


def test_few_are_hashed_each_time_and_nothing_is_written(many, tmp_path):
    paths, root, hashed = many
    for _ in range(2):
        assert checksums(paths[:4], root) == slow(paths[:4])
    assert len(hashed) == 8
    assert not list(root.iterdir())


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_a_stranger_has_put_in_its_place_is_made_anew(many, content):
    paths, root, hashed = many
    checksums(paths, root)
    (memory,) = (root / FOLDER).iterdir()
    memory.write_bytes(content)
    hashed.clear()
    assert checksums(paths, root) == slow(paths)
    assert hashed == paths
    np.savez(memory, seen=np.zeros((2, 2)), digests=np.zeros((5, 32)))
    assert checksums(paths, root) == slow(paths)
    np.savez(memory, seen=np.array([{"a": 1}], dtype=object), digests=np.zeros((5, 32)))  # unpickled, it would run code
    assert checksums(paths, root) == slow(paths)


def test_where_nothing_can_be_written_nothing_is_kept(many, tmp_path):
    paths, *_ = many
    (tmp_path / "file").write_text("")
    assert checksums(paths, tmp_path / "file") == slow(paths)
    remember(tmp_path / "file" / "x.npz", a=np.zeros(1))
    assert recall(tmp_path / "file" / "x.npz", lambda found: True) is None


def test_what_is_kept_is_whole(tmp_path):
    path = tmp_path / "kept" / "x.npz"
    remember(path, a=np.arange(3))
    assert recall(path, lambda found: True)["a"].tolist() == [0, 1, 2]
    assert recall(path, lambda found: False) is None
    assert [one.name for one in path.parent.iterdir()] == ["x.npz"]
    assert stamps([path])[0, 0] == path.stat().st_size
    assert stamps([]).shape == (0, 3)
