"""The losses of test rows beside the records: what is written is what is read, and nothing else is."""

import numpy as np
import pytest

from mixsuite.errors import InputError
from mixsuite.results.names import is_row_file
from mixsuite.results.row_files import copy_row_file, read_row_losses, write_row_file

BITS = {"wrong": np.packbits([1, 0, 0, 1, 1, 0, 1, 0, 1]), "rows": np.array(9)}


def test_losses_come_back(tmp_path):
    name = write_row_file(tmp_path, "0" * 16, BITS)
    assert is_row_file(name)
    assert read_row_losses(tmp_path, name).tolist() == [1, 0, 0, 1, 1, 0, 1, 0, 1]
    other = write_row_file(tmp_path, "0" * 16, {"loss": np.array([0.5, 2.0], dtype=np.float32)})
    assert other != name
    assert read_row_losses(tmp_path, other).tolist() == [0.5, 2.0]
    assert read_row_losses(tmp_path, write_row_file(tmp_path, "1" * 16, {"out": np.zeros((2, 3))})) is None
    assert read_row_losses(tmp_path, "losses/absent.npz") is None


def test_a_changed_file_is_refused(tmp_path):
    name = write_row_file(tmp_path, "0" * 16, BITS)
    (tmp_path / name).write_bytes(b"PK" + (tmp_path / name).read_bytes()[2:-1] + b"x")
    with pytest.raises(InputError, match="not the losses of a run: it was changed after it was written"):
        read_row_losses(tmp_path, name)


@pytest.mark.parametrize(
    "name",
    ["../x.npz", "losses/../x.npz", "/etc/passwd", f"losses/{'0' * 16}.npz", f"losses/{'g' * 16}-{'0' * 16}.npz"],
)
def test_no_other_file_can_be_named(name):
    assert not is_row_file(name)


def test_a_file_is_copied_with_its_record(tmp_path):
    name = write_row_file(tmp_path / "one", "0" * 16, BITS)
    copy_row_file(tmp_path / "one", tmp_path / "two", name)
    copy_row_file(tmp_path / "one", tmp_path / "two", "")
    assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


@pytest.mark.parametrize(
    "arrays",
    [
        {"wrong": np.packbits([1] * 9), "rows": np.array(10**12)},
        {"wrong": np.packbits([1] * 9), "rows": np.array(8)},
        {"wrong": np.ones(2), "rows": np.array(9)},
        {"wrong": np.packbits([1] * 9)},
        {"loss": np.array([1.0, np.nan], dtype=np.float32)},
        {"loss": np.ones((2, 2), dtype=np.float32)},
        {"loss": np.array(["a", "b"])},
    ],
)
def test_arrays_that_no_run_writes_are_refused(tmp_path, arrays):
    name = write_row_file(tmp_path, "0" * 16, arrays)
    with pytest.raises(InputError, match="not the losses of a run"):
        read_row_losses(tmp_path, name)
