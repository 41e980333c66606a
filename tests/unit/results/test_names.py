"""File and folder names made from names that users choose."""

from hypothesis import given
from hypothesis import strategies as st
from support.folders import the_task

from mixsuite.results.manifest import Manifest, task_stems
from mixsuite.results.names import file_stems, folder_name


def test_file_names_are_legible_and_differ():
    found = file_stems(["wine(rows=24)@x/y", "wine(rows=24)@x y", "iris"])
    assert found["wine(rows=24)@x/y"] == "wine-rows=24--x-y"
    assert found["wine(rows=24)@x y"].startswith("wine-rows=24--x-y-")
    assert len(found["wine(rows=24)@x y"]) == len("wine-rows=24--x-y-") + 8
    assert found["iris"] == "iris"


def test_a_name_like_a_hashed_one_upper_case_and_long_names_are_told_apart():
    hashed = file_stems(["a b", "a-b"])["a-b"]
    names = ["a b", hashed, "a-b", "A-B", "w" * 400, "w" * 399 + "v", "..", ".hidden", "con"]
    found = file_stems(names)
    assert len({stem.lower() for stem in found.values()}) == len(names)
    assert all(len(stem) <= 150 and not stem.startswith(".") for stem in found.values())
    assert found["con"] != "con"


@given(st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=12))
def test_no_two_names_share_a_file_whatever_they_are(names):
    found = file_stems(names, ["tabular"])
    assert list(found) == names
    assert len({stem.lower() for stem in (*found.values(), "tabular")}) == len(names) + 1
    for stem in found.values():
        assert len(f"{stem}.jsonl.gz".encode()) <= 255
        assert "/" not in stem
        assert stem.isascii()


def test_a_task_that_is_called_as_its_domain_has_another_file():
    """The domain's own table has that name."""
    assert task_stems(Manifest(tasks={"tabular": the_task("tabular")}))["tabular"].startswith("tabular-")


def test_a_folder_has_the_name_itself_where_it_is_one():
    assert folder_name("mine(double=True)") == "mine(double=True)"
    odd = ["a/b", "../../x", "..", ".", "con", "a.", 'm(kind="a b")', "w" * 300, "a\nb"]
    assert len({folder_name(name) for name in odd}) == len(odd)
    for name in odd:
        found = folder_name(name)
        assert "/" not in found
        assert not found.startswith(".")
        assert len(found) <= 150


def test_names_of_devices_are_no_names_of_files():
    for name in ("con", "COM1", "lpt9", "con.txt", "aux.x.y"):
        assert folder_name(name) != name
        assert file_stems([name])[name] != name
    assert folder_name("Mine").lower() != folder_name("mine")
    assert folder_name('m(kind="Abc")') != folder_name('m(kind="abc")')
