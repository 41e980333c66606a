"""The data root: listing, checking, and fetching that leaves nothing half-written."""

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from mixsuite.domains.base import Dataset
from mixsuite.errors import InputError
from mixsuite.plugins.kinds import DATASET
from mixsuite.plugins.load import find, load_class
from mixsuite.results import store

LETTER = "uci/letter-recognition/letter-recognition.data"
ROW = b"T,2,8,3,5,1,8,13,0,6,6,10,8,0,8,0,8\nI,5,12,3,7,2,10,5,5,4,13,3,9,2,8,4,10\n"


@pytest.fixture
def letter(monkeypatch) -> type[Dataset]:
    """The letter set with the checksum of one small file, and a download that can be planted."""
    cls = load_class(DATASET, find(DATASET, "letter"), Dataset)
    monkeypatch.setattr(cls, "sha256", {"letter-recognition.data": hashlib.sha256(ROW * 5).hexdigest()})
    return cls


def put(root: Path, content: bytes = ROW * 5) -> None:
    path = root / LETTER
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def nothing_left(root: Path) -> bool:
    return not root.exists() or not [p for p in root.rglob("*") if p.is_file() or p.name.startswith(".part")]


def test_a_download_is_checked_and_moved_in_whole(letter, monkeypatch, tmp_path):
    monkeypatch.setattr(letter, "fetch", lambda self, root: put(root))
    item = store.get("letter", tmp_path / "new")
    assert (item.state, item.files) == ("here", 1)
    assert not list((tmp_path / "new").glob(".part*"))
    monkeypatch.setattr(letter, "fetch", lambda self, root: 1 / 0)
    assert store.get("letter", tmp_path / "new").state == "here"  # there already: not fetched again


@pytest.mark.parametrize("content", [ROW * 4, ROW * 5 + b"x", b""])
def test_a_wrong_or_half_finished_download_leaves_nothing(letter, monkeypatch, tmp_path, content):
    monkeypatch.setattr(letter, "fetch", lambda self, root: put(root, content))
    with pytest.raises(InputError, match="damaged, or another version"):
        store.get("letter", tmp_path / "new")
    assert nothing_left(tmp_path / "new")


def test_without_a_network_it_says_which_file_is_wanted_where(letter, monkeypatch, tmp_path):
    def offline(self, root):
        put(root, ROW)
        raise OSError("Name or service not known")

    monkeypatch.setattr(letter, "fetch", offline)
    with pytest.raises(
        InputError, match=r"download failed \(OSError: Name or service.*letter-recognition.data is missing"
    ):
        store.get("letter", tmp_path / "new")
    assert nothing_left(tmp_path / "new")


def test_a_set_without_a_download_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"Adult has no download; .*adult.data is missing; get it from UCI"):
        store.get("adult", tmp_path)
    assert nothing_left(tmp_path)


def test_a_killed_fetch_is_cleared_away_by_the_next(letter, monkeypatch, tmp_path):
    (tmp_path / ".part-old").mkdir()
    (tmp_path / ".part-old" / "half").write_text("x")
    monkeypatch.setattr(letter, "fetch", lambda self, root: put(root))
    store.get("letter", tmp_path)
    assert not list(tmp_path.glob(".part*"))


def archive_of(path: Path, name: str, content: bytes = ROW * 5, link: str | None = None) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as z:
            z.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz") as t:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            if link:
                member.type, member.linkname, member.size = tarfile.SYMTYPE, link, 0
            t.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["a.zip", "a.tar.gz"])
def test_an_archive_is_unpacked_checked_and_moved_in(letter, tmp_path, kind):
    archive = archive_of(tmp_path / kind, LETTER)
    assert store.get("letter", tmp_path / "new", archive).state == "here"


def test_an_archive_for_a_set_that_is_there_is_not_passed_over_in_silence(letter, tmp_path):
    put(tmp_path)
    archive = archive_of(tmp_path / "a.zip", "other")
    with pytest.raises(InputError, match="is in the data root already, whole"):
        store.get("letter", tmp_path, archive)
    assert store.get("letter", tmp_path).state == "here"


def test_a_bad_archive_moves_nothing_into_place(letter, tmp_path):
    archive = archive_of(tmp_path / "a.zip", LETTER, b"no,rows\n")
    with pytest.raises(InputError):
        store.get("letter", tmp_path / "new", archive)
    assert not list((tmp_path / "new").rglob("*.*"))


@pytest.mark.parametrize("kind", ["a.zip", "a.tar.gz"])
@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "uci/../../evil", "C:\\evil"])
def test_an_archive_with_a_name_that_leads_out_is_refused(letter, tmp_path, kind, name):
    archive = archive_of(tmp_path / kind, name)
    with pytest.raises(InputError, match="leads out of the folder; refused"):
        store.get("letter", tmp_path / "new", archive)
    assert nothing_left(tmp_path / "new")
    assert not (tmp_path / "evil").exists()


def test_a_link_in_an_archive_is_refused(letter, tmp_path):
    archive = archive_of(tmp_path / "a.tar.gz", LETTER, link="/etc/passwd")
    with pytest.raises(InputError, match="link or device"):
        store.get("letter", tmp_path / "new", archive)
    assert nothing_left(tmp_path / "new")


@pytest.mark.parametrize("kind", ["a.zip", "a.tar.gz"])
def test_a_truncated_archive_is_refused(letter, tmp_path, kind):
    archive = archive_of(tmp_path / kind, LETTER, content=os.urandom(100_000))
    archive.write_bytes(archive.read_bytes()[:50_000])
    with pytest.raises(InputError, match="damaged, or no archive"):
        store.get("letter", tmp_path / "new", archive)
    assert nothing_left(tmp_path / "new")


def test_verify_reads_the_files(mixsuite, letter, tmp_path):
    put(tmp_path)
    found = mixsuite("data", "verify", "letter", "--data", tmp_path)
    assert (found.status, found.out) == (
        0,
        "letter: whole, 1 files, 0.0 MB; 10 rows (6 training, 1 validation, 3 test for seed 0), 26 classes, "
        "recipe tabular_mlp_2000; 16 numbers: f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, ...\n",
    )
    put(tmp_path, ROW)
    found = mixsuite("data", "verify", "letter", "--data", tmp_path)
    assert found.status == 1
    assert "damaged" in found.err
    assert mixsuite("data", "verify", "leter", "--data", tmp_path).status == 2


def test_list_says_what_is_there(mixsuite, tmp_path):
    found = mixsuite("data", "list", "--data", tmp_path)
    assert found.status == 0
    rows = {line.split()[0]: line for line in found.out.splitlines()}
    assert "shipped" in rows["digits"]
    assert "missing" in rows["fsdd"]
    assert "CC BY-SA 4.0" in rows["fsdd"]


@pytest.mark.parametrize("fault", ["labels", "numbers"])
def test_corrupted_text_files_are_bad_input_before_anything_is_written(in_process, mixsuite, tmp_path, tiny, fault):
    folder = tmp_path / "TUDataset" / "BAD" / "raw"
    folder.mkdir(parents=True)
    (folder / "BAD_A.txt").write_text("1, 2\n2, 1\n" if fault == "labels" else "1, x\n")
    (folder / "BAD_graph_indicator.txt").write_text("1\n1\n2\n")
    (folder / "BAD_graph_labels.txt").write_text("1\n" if fault == "labels" else "1\n2\n")
    found = mixsuite("run", tiny, "--datasets", "tu:BAD", "--data", tmp_path, "--out", tmp_path / "out")
    assert found.status == 2, found.err
    assert len(found.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_set_is_opened_by_its_entry():
    assert type(store.open_dataset("digits(rows=10)")).__name__ == "Digits"
    with pytest.raises(InputError, match="unknown dataset 'digts'; did you mean 'digits'"):
        store.open_dataset("digts")


def test_every_built_in_set_is_listed_once(tmp_path):
    items = store.list_items(tmp_path)
    names = [item.name for item in items]
    assert len(names) == len(set(names)) >= 15
    assert {item.state for item in items} == {"shipped", "missing", "yours"}
    assert all(item.licence and item.source for item in items)
    assert all(item.size > 0 for item in items if item.state == "shipped" and item.files)


def test_an_archive_of_countless_empty_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_SMALL", 0)
    monkeypatch.setattr(store, "_GROWTH", 10)
    archive = tmp_path / "many.zip"
    with zipfile.ZipFile(archive, "w") as z:
        for number in range(300):
            z.writestr(f"{number}", b"")
    with pytest.raises(InputError, match="unpacks to over 10 times its size"):
        store.unpack(archive, tmp_path / "new")
