"""data list, data get, data verify."""

from mixsuite.errors import InputError
from mixsuite.results import store
from mixsuite.results.store import Item

ITEM = Item("wine", "here", 2, 3_400_000, "CC BY 4.0", "UCI", "178 rows")


def test_sets_are_listed_a_line_each_and_the_root_is_named(mixsuite, monkeypatch, tmp_path):
    monkeypatch.setattr(store, "list_items", lambda root: [ITEM, Item("csv:PATH", "yours", 0, 0, "", "")])
    found = mixsuite("data", "list", "--data", tmp_path)
    first, second = found.out.splitlines()
    assert first == f"{'wine':18s} here          3.4 MB  CC BY 4.0; UCI"
    assert second.startswith("csv:PATH")
    assert found.err == f"data root: {tmp_path}\n"


def test_a_set_is_fetched_into_the_root(mixsuite, monkeypatch, tmp_path):
    got = []
    monkeypatch.setattr(store, "get", lambda name, root, archive, watch: got.append((name, root, archive)) or ITEM)
    new = tmp_path / "new"  # is made
    found = mixsuite("data", "get", "wine", "--data", new, "--from", tmp_path / "a.zip")
    assert (found.status, found.out) == (0, "wine: here, 2 files, 3.4 MB\n")
    assert got == [("wine", new, tmp_path / "a.zip")]


def test_a_set_that_is_not_whole_is_status_1_and_one_that_is_none_2(mixsuite, monkeypatch, tmp_path):
    def damaged(*given):
        raise InputError("damaged")

    monkeypatch.setattr(store, "verify", damaged)
    found = mixsuite("data", "verify", "wine", "--data", tmp_path)
    assert (found.status, found.err) == (1, "mixsuite: damaged\n")
    assert mixsuite("data", "verify", "wyne", "--data", tmp_path).status == 2
