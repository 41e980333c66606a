"""Pictures that are read as they are needed, against the same in memory."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.photos import photos

from mixsuite.data import rows
from mixsuite.data.rows import Raw
from mixsuite.data.streamed import RowReader
from mixsuite.domains.build import make_data
from mixsuite.domains.checksums import FOLDER
from mixsuite.domains.images import pictures as module
from mixsuite.domains.images.datasets.folder import Folder
from mixsuite.domains.images.datasets.imagenet import Imagenet
from mixsuite.domains.images.domain import Images
from mixsuite.domains.images.pictures import Pictures, survey
from mixsuite.errors import InputError


def both(top, root, **how):
    """(in memory, read as needed): a folder's pictures."""
    return [Folder(str(top), size=16, memory=memory, **how).load(root) for memory in (1.0, 0.0)]


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_run_sees_the_same_rows_either_way(tmp_path, mode):
    photos(tmp_path / "set", mode=mode, size=(16, 16))
    dataset = Folder(str(tmp_path / "set"), size=16)
    held, read = both(tmp_path / "set", tmp_path)
    assert isinstance(read.x, Pictures)
    assert held.y.tolist() == read.y.tolist()
    one, other = (make_data(Images(), dataset, raw, 3) for raw in (held, read))
    for name in ("train", "valid", "test"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert torch.equal(mine.y, theirs.y)
        torch.testing.assert_close(theirs.x.take(torch.arange(len(mine))), mine.x, rtol=0, atol=1e-5)
    assert one.train.x.shape[1:] == other.train.x.first.shape[1:] == (3 if mode == "RGB" else 1, 16, 16)
    assert one.digests["split"] == other.digests["split"]
    torch.testing.assert_close(other.shown().train.x, one.train.x, rtol=0, atol=1e-5)


def test_rows_are_read_by_default_where_they_are_many(tmp_path):
    photos(tmp_path / "set", each=3)
    few, many = (Folder(str(tmp_path / "set"), size=512, memory=memory).load(tmp_path).x for memory in (0.01, 0.005))
    assert isinstance(few, np.ndarray)
    assert isinstance(many, Pictures)  # 9 pictures of 512 x 512 x 3 bytes are 0.0066 GiB


def test_a_pass_over_all_is_made_once_and_again_where_one_has_changed(tmp_path, monkeypatch):
    paths, calls, decoded = photos(tmp_path / "set"), [], module.decoded
    monkeypatch.setattr(module, "decoded", lambda *given: calls.append(given) or decoded(*given))
    monkeypatch.setattr(module, "cores", lambda: 0)
    first, again = (Folder(str(tmp_path / "set"), size=16, memory=0.0).load(tmp_path) for _ in range(2))
    assert len(calls) == len(paths)
    assert first.digest == again.digest
    assert np.array_equal(first.x.sums, again.x.sums)
    (memory,) = (tmp_path / FOLDER).glob("pictures-*")
    memory.write_bytes(b"no archive")
    assert np.array_equal(Folder(str(tmp_path / "set"), size=16, memory=0.0).load(tmp_path).x.sums, first.x.sums)
    photos(tmp_path / "set", ["a"], 1, seed=1)
    changed = Folder(str(tmp_path / "set"), size=16, memory=0.0).load(tmp_path)
    assert changed.digest != first.digest
    assert not np.array_equal(changed.x.sums, first.x.sums)


def test_a_picture_that_changes_between_fingerprint_and_pass_is_refused_and_nothing_remembered(tmp_path, monkeypatch):
    (path, *_), survey = photos(tmp_path / "set"), module.survey

    def change_first(*given):
        path.write_bytes(path.read_bytes() + b" ")
        return survey(*given)

    with monkeypatch.context() as planted:
        planted.setattr(module, "survey", change_first)
        with pytest.raises(InputError, match=r"/set: was changed while it was read; run it again"):
            Folder(str(tmp_path / "set"), size=16, memory=0.0).load(tmp_path)
    assert not list((tmp_path / FOLDER).glob("pictures-*"))


def test_a_reader_of_ones_own_wants_a_domain_of_ones_own(tmp_path):
    photos(tmp_path / "set")
    raw = Folder(str(tmp_path / "set"), size=16, memory=0.0).load(tmp_path)

    class Own(RowReader):
        identity = "own"

        def __len__(self):
            return len(raw.y)

        def read(self, row):
            return torch.zeros(3, 4, 4)

    with pytest.raises(InputError, match="a RowReader of your own wants a domain of your own"):
        make_data(Images(), Folder(str(tmp_path / "set")), Raw(Own(), raw.y), 0)


def test_what_a_model_is_built_from_is_of_all_classes(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "SHOWN", 6)
    photos(tmp_path / "set", size=(16, 16))
    dataset = Folder(str(tmp_path / "set"), size=16, memory=0.0)
    shown = make_data(Images(), dataset, dataset.load(tmp_path), 0).shown()
    assert len(shown.train) <= 6
    assert shown.train.y.unique().tolist() == [0, 1, 2]


def test_mean_and_deviation_are_those_of_the_rows(tmp_path):
    photos(tmp_path / "set", size=(16, 16))
    held, read = both(tmp_path / "set", tmp_path)
    some = np.array([0, 3, 20])
    pixels = held.x[some].astype(np.float64)
    for found, wanted in zip(read.x.mean_std(some), (pixels.mean((0, 1, 2)), pixels.std((0, 1, 2))), strict=True):
        np.testing.assert_allclose(found.flatten(), wanted, rtol=1e-12)


@pytest.mark.parametrize("memory", [0.0, 1.0])
def test_damaged_pictures_are_named_and_counted_and_left_out_up_to_a_declared_share(tmp_path, memory):
    paths = photos(tmp_path / "set", each=10)
    for place in (3, 17):
        paths[place].write_bytes(paths[place].read_bytes()[:100])
    path = str(tmp_path / "set")
    with pytest.raises(InputError, match=r"a/003.jpg: cannot be read as a picture: "):
        Folder(path, size=16, memory=memory).load(tmp_path)
    with pytest.raises(InputError, match=r"a/003.jpg: cannot .*; so are 1 more; broken=0.05 allows 1 of 30$"):
        Folder(path, size=16, memory=memory, broken=0.05).load(tmp_path)
    raw = Folder(path, size=16, memory=memory, broken=0.1).load(tmp_path)
    assert (len(raw.x), np.bincount(raw.y).tolist()) == (28, [9, 9, 10])


@pytest.mark.parametrize("make", [lambda **how: Folder("set", **how), Imagenet])
def test_what_cannot_be_meant_is_refused(make):
    for broken in (-0.1, 1.0):
        with pytest.raises(ValueError, match=f"broken={broken}: allowed is a share from 0 to below 1"):
            make(broken=broken)
    with pytest.raises(ValueError, match=r"memory=-1.0: allowed is 0 to 1024 GiB"):
        make(memory=-1.0)


@pytest.mark.slow
def test_other_processes_survey_as_this_one(tmp_path):
    paths = photos(tmp_path / "set")
    paths[5].write_bytes(b"")
    alone, ahead = (survey(paths, 16, "squash", f"{n}", tmp_path / str(n), readers=n) for n in (0, 2))
    assert np.array_equal(alone.sums, ahead.sums)
    assert (alone.grey.tolist(), alone.broken) == (ahead.grey.tolist(), ahead.broken)
    assert list(alone.broken) == [5]
    again = survey(paths, 16, "squash", "0", tmp_path / "0", readers=0)
    assert again.broken == alone.broken


def test_a_picture_that_could_not_be_read_once_is_tried_again(tmp_path, monkeypatch):
    paths, decoded = photos(tmp_path / "set"), module.decoded

    def fails(path, *given):
        if path == paths[5]:
            raise InputError(f"{path}: cannot be read as a picture: Input/output error")
        return decoded(path, *given)

    monkeypatch.setattr(module, "decoded", fails)
    assert list(survey(paths, 16, "squash", "c", tmp_path, readers=0).broken) == [5]
    monkeypatch.setattr(module, "decoded", decoded)
    healed = survey(paths, 16, "squash", "c", tmp_path, readers=0)
    assert healed.broken == {}
    assert np.array_equal(healed.sums, survey(paths, 16, "squash", "new", tmp_path, readers=0).sums)


def test_parts_stay_those_of_the_folders(tmp_path):
    for part in ("train", "test"):
        photos(tmp_path / "set" / part, seed=len(part))
    held, read = both(tmp_path / "set", tmp_path)
    assert isinstance(read, Raw)
    assert held.split_id.tolist() == read.split_id.tolist()
    assert Path(tmp_path / FOLDER).is_dir()
