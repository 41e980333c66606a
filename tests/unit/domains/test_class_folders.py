"""Class folders: which files there are, their classes and parts, and what is refused."""

import numpy as np
import pytest

from mixsuite.domains.class_folders import PICTURES, SOUNDS, class_files, classes_of, missing_files, refuse_links
from mixsuite.errors import InputError


def put(top, *names):
    for place, name in enumerate(names):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(str(place).encode())


def test_files_of_a_kind_are_found_whatever_their_case_and_what_is_left_behind(tmp_path):
    put(tmp_path, "b/1.WAV", "a/2.flac", "a/notes.txt", "a/._2.flac", ".cache/x.wav", "__MACOSX/a/2.flac", "read.me")
    found = class_files(tmp_path, SOUNDS)
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a/2.flac", "b/1.WAV"]
    y, part = classes_of(tmp_path, found, SOUNDS, tmp_path / "root")
    assert (y.tolist(), part) == ([0, 1], None)


def test_parts_are_those_that_the_folders_name(tmp_path):
    put(tmp_path, "train/a/1.png", "train/b/2.png", "val/b/3.png", "test/a/4.png")
    y, part = classes_of(tmp_path, class_files(tmp_path, PICTURES), PICTURES, tmp_path / "root")
    # A slow twin: the words of each path.
    words = [path.relative_to(tmp_path).parts for path in class_files(tmp_path, PICTURES)]
    assert y.tolist() == ["ab".index(word[1]) for word in words]
    assert part.tolist() == [{"train": 0, "val": 1, "test": 2}[word[0]] for word in words]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["x.wav"], "x.wav: wanted is"),
        (["a/b/x.wav", "c/y.wav"], "x.wav: wanted is"),
        (["train/a/1.wav", "val/a/2.wav"], "parts are train, val; train and test are needed"),
        (["a/1.wav", "b/1.mid"], "b: has files, none of them a sound that can be read (.wav, .flac)"),
    ],
)
def test_files_in_other_places_are_refused(tmp_path, names, said):
    put(tmp_path, *names)
    with pytest.raises(InputError) as error:
        classes_of(tmp_path, class_files(tmp_path, SOUNDS), SOUNDS, tmp_path / "root")
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_test_part_of_training_files_is_refused(tmp_path):
    put(tmp_path, "train/a/1.wav", "train/b/2.wav")
    put(tmp_path, "test/b/7.wav", "test/a/9.wav")  # with the same contents
    with pytest.raises(InputError, match="every sound is in the training part too"):
        classes_of(tmp_path, class_files(tmp_path, SOUNDS), SOUNDS, tmp_path / "root")


def test_a_folder_of_the_other_kind_says_how_to_write_it(tmp_path):
    put(tmp_path, "a/1.wav")
    (wanted,) = class_files(tmp_path, PICTURES)
    assert not wanted.exists()
    said = missing_files("x", tmp_path, wanted, PICTURES, SOUNDS)
    assert said == "folder 'x': has sounds and no pictures; write sounds:x"
    said = missing_files("x", tmp_path / "no", wanted, PICTURES, SOUNDS)
    assert said.startswith("folder 'x': no pictures there; wanted are ")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_links_are_refused(tmp_path, what):
    put(tmp_path, "set/a/1.wav", "other/1.wav")
    refuse_links(tmp_path / "set", SOUNDS)
    link, target = ("set/a/2.wav", "other/1.wav") if what == "file" else ("set/b", "other")
    (tmp_path / link).symlink_to(tmp_path / target)
    with pytest.raises(InputError, match="is a link, and nothing outside"):
        refuse_links(tmp_path / "set", SOUNDS)


def test_classes_are_numbers_of_one_type(tmp_path):
    put(tmp_path, "a/1.wav", "b/2.wav")
    y, _ = classes_of(tmp_path, class_files(tmp_path, SOUNDS), SOUNDS, tmp_path / "root")
    assert y.dtype == np.int64
