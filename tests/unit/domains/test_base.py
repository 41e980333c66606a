"""Data sets' parameters and files, and what a domain does by default."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from support.toys import Toy

from mixsuite.domains.base import Dataset, Domain, Encoded, shipped
from mixsuite.errors import InputError


@dataclass(frozen=True)
class Files(Toy):
    """Reads two files."""

    source = "somewhere"

    def files(self, root):
        return [root / "a.txt", root / "b.txt"]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one")
    (tmp_path / "b.txt").write_bytes(b"two")
    return tmp_path


def test_a_fingerprint_is_of_the_names_and_bytes_of_all_files(root):
    wanted = hashlib.sha256()
    for name, content in (("a.txt", b"one"), ("b.txt", b"two")):
        wanted.update(f"{name}:{hashlib.sha256(content).hexdigest()};".encode())
    assert Files().fingerprint(root) == wanted.hexdigest()[:16]
    (root / "b.txt").write_bytes(b"twO")
    assert Files().fingerprint(root) != wanted.hexdigest()[:16]
    assert Toy().fingerprint(root) == ""


def test_a_file_that_is_missing_is_named_with_where_to_get_it(root):
    (root / "b.txt").unlink()
    said = (
        f"Files: {root / 'b.txt'} is missing; get it from somewhere and put it there, or name another folder by --data"
    )
    with pytest.raises(InputError) as error:
        Files().fingerprint(root)
    assert str(error.value) == said
    with pytest.raises(InputError, match=r"Files has no download; Files: .*a.txt is missing"):
        Files().fetch(root)


def test_a_file_with_another_checksum_is_refused(root):
    class One(Files):
        sha256 = {"b.txt": "0" * 64}

    class All(Files):
        sha256 = {"*": "0" * 16}

    with pytest.raises(InputError, match=r"b.txt: sha256 is 3fc4ccfe7458.*, wanted 0000000000000000\.\.\.: damaged"):
        One().fingerprint(root)
    with pytest.raises(InputError, match="not the 2 files that were expected: damaged, or another version"):
        All().fingerprint(root)
    whole = type("Whole", (Files,), {"sha256": {"*": Files().fingerprint(root)}})
    assert whole().fingerprint(root) == Files().fingerprint(root)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rows": 1}, "rows=1: allowed is 2 or more, or None for all"),
        ({"test": 0.0}, "test=0.0: allowed is a share between 0 and 1"),
        ({"test": 1.0}, "test=1.0"),
        ({"valid": -0.1}, "valid=-0.1: allowed is a share from 0 to below 1"),
        ({"valid": 1.0}, "valid=1.0"),
        ({"label_noise": 1.5}, "label_noise=1.5: allowed is a share from 0 to 1"),
    ],
)
def test_parameters_out_of_range_are_refused(values, said):
    with pytest.raises(ValueError) as error:
        Toy(**values)
    assert said in str(error.value)


def test_label_noise_is_for_classes_alone():
    class Number(Toy):
        kind = "regression"

    with pytest.raises(ValueError, match=r"label_noise=0.5: only for classes, not for regression"):
        Number(label_noise=0.5)


def test_a_shipped_file_is_found_without_importing_its_package():
    import json

    assert shipped("json", "decoder.py") == Path(json.__file__).parent / "decoder.py"
    missing = shipped("no_such_package", "a", "b.csv")
    assert missing.parts == ("<package no_such_package is not installed>", "a", "b.csv")
    assert not missing.is_file()
    assert not shipped("this").is_file()  # a module is no package


class Bare(Domain):
    """As little as a domain can be."""

    @property
    def models(self):
        return {}

    def encode(self, raw, rows, train):
        return Encoded(torch.zeros(1))


class Axis:
    def imshow(self, picture, **options):
        self.picture = picture


def test_a_domain_that_says_no_more_has_no_samples():
    bare = Bare()
    assert bare.samples(4, torch.Generator()) == {}
    assert not bare.matches(torch.zeros(3, 4))
    assert (bare.requires, bare.block, bare.strip, bare.sample_targets) == ((), 12, False, ("class",))


@pytest.mark.parametrize(("shape", "drawn"), [((5,), (1, 5)), ((3, 5), (3, 5)), ((3, 4, 5), (3, 20))])
def test_a_row_is_drawn_as_its_numbers_by_default(shape, drawn):
    axis, row = Axis(), np.arange(np.prod(shape)).reshape(shape)
    Bare().draw_row(axis, [row])
    assert axis.picture.shape == drawn
    assert axis.picture.ravel().tolist() == row.ravel().tolist()


def test_a_contract_cannot_be_used_as_it_stands():
    with pytest.raises(TypeError, match="load"):
        Dataset()
    with pytest.raises(TypeError, match="encode"):
        Domain()
