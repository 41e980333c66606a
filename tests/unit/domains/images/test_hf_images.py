"""Pictures in saved data sets: those that their own library decodes, or refused in one line."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from mixsuite.errors import InputError
from mixsuite.results.store import open_dataset, verify


def test_pictures_are_those_that_the_library_decodes(leaves, hf, tmp_path):
    leaves(12).save_to_disk(tmp_path / "set")
    raw = open_dataset(f"hf_images:{tmp_path / 'set'}(size=10)").load(Path())
    wanted = hf.load_from_disk(str(tmp_path / "set"))
    assert (raw.x.shape, raw.split_id) == ((12, 10, 10), None)
    assert raw.y.tolist() == wanted["species"][:]
    for x, picture in zip(raw.x, wanted["picture"], strict=True):
        twin = np.asarray(picture.resize((10, 10), Image.Resampling.BILINEAR))
        assert np.abs(x.astype(int) - twin).max() <= 1  # by way of RGB


def test_splits_are_the_official_parts(leaves, hf, tmp_path):
    hf.DatasetDict(test=leaves(4, 1), validation=leaves(2, 2), train=leaves(8, 3, "RGB")).save_to_disk(tmp_path / "set")
    raw = open_dataset(f"hf_images:{tmp_path / 'set'}(size=8)").load(Path())
    assert raw.split_id.tolist() == [0] * 8 + [1] * 2 + [2] * 4
    assert raw.x.shape == (14, 8, 8, 3)
    raw = open_dataset(f"hf_images:{tmp_path / 'set'}(size=8, split=test)").load(Path())
    assert (raw.x.shape, raw.split_id) == ((4, 8, 8), None)


def test_classes_without_rows_are_none(leaves, hf, tmp_path):
    many = hf.ClassLabel(names=[f"c{i}" for i in range(9)])
    leaves(6, more=(many, [2, 7, 2, 7, 5, 5])).save_to_disk(tmp_path / "set")
    raw = open_dataset(f"hf_images:{tmp_path / 'set'}(label=more)").load(Path())
    assert raw.y.tolist() == [0, 2, 0, 2, 1, 1]


def refused(entry):
    with pytest.raises(InputError) as error:
        open_dataset(entry).load(Path())
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_columns_that_could_be_meant_are_named(leaves, hf, tmp_path):
    more = (hf.ClassLabel(names=["a", "b"]), [0, 1, 0, 1])
    entry = f"hf_images:{tmp_path / 'set'}"
    leaves(4, more=more).save_to_disk(tmp_path / "set")
    assert "has 2 columns of ClassLabel; name one of species, more, as in (label=species)" in refused(entry)
    assert "unknown column of ClassLabel" in refused(f"{entry}(label=mor)")
    assert "did you mean 'more'?" in refused(f"{entry}(label=mor)")
    leaves(4).remove_columns("picture").save_to_disk(tmp_path / "bare")
    assert "has 0 columns of Image; one is needed" in refused(f"hf_images:{tmp_path / 'bare'}")


def test_rows_without_a_class_or_a_picture_are_refused(leaves, hf, tmp_path):
    entry = f"hf_images:{tmp_path / 'set'}"
    leaves(4, more=(hf.ClassLabel(names=["a", "b"]), [0, -1, 1, 0])).save_to_disk(tmp_path / "set")
    assert "set: row 1 has no class" in refused(f"{entry}(label=more)")
    Image.new("L", (8, 8)).save(tmp_path / "outside.png")
    rows = leaves(4).cast_column("picture", hf.Image(decode=False))
    away = rows.map(
        lambda row: {"picture": {"bytes": None, "path": str(tmp_path / "outside.png")}}, features=rows.features
    )
    save_unembedded(away, tmp_path / "away")
    assert "row 0 of column 'picture' has no bytes, and no path or address is opened" in refused(
        f"hf_images:{tmp_path / 'away'}"
    )


def save_unembedded(rows, folder):
    """As save_to_disk, which would put the pictures' bytes in, would write a path."""
    rows.remove_columns("picture").save_to_disk(folder)
    table = rows.data.table
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as writer,
    ):
        writer.write_table(table)
    info = json.loads((folder / "dataset_info.json").read_text())
    info["features"]["picture"] = {"_type": "Image"}
    (folder / "dataset_info.json").write_text(json.dumps(info))


@pytest.mark.parametrize("kind", ["EPS", "PCX"])
def test_a_picture_of_a_format_that_is_not_declared_is_not_opened(leaves, hf, tmp_path, kind):
    """EPS starts a program; PCX is one of the many that Pillow would open."""
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    if kind == "PCX":
        buffer = io.BytesIO()
        Image.new("L", (8, 8)).save(buffer, kind)
        content = buffer.getvalue()
    rows = leaves(4).cast_column("picture", hf.Image(decode=False))

    def changed(row, place):
        return {"picture": {"bytes": content, "path": None} if place == 2 else row["picture"]}

    rows = rows.map(changed, with_indices=True, features=rows.features)
    rows.cast_column("picture", hf.Image()).save_to_disk(tmp_path / "set")
    assert "set, row 2: cannot be read as a picture" in refused(f"hf_images:{tmp_path / 'set'}")


def test_a_test_split_of_training_pictures_is_refused(leaves, hf, tmp_path):
    hf.DatasetDict(train=leaves(6), test=leaves(6)).save_to_disk(tmp_path / "set")
    assert "test: every picture is in the training part too" in refused(f"hf_images:{tmp_path / 'set'}")
    other = leaves(4, 5).cast_column("species", hf.ClassLabel(names=["oak", "yew"]))
    hf.DatasetDict(train=leaves(6), test=other).save_to_disk(tmp_path / "other")
    assert "test: its classes are not those of" in refused(f"hf_images:{tmp_path / 'other'}")


def test_a_folder_that_was_not_saved_so_is_named(tmp_path):
    with pytest.raises(InputError, match=f"folder '{tmp_path}': is no data set that save_to_disk has written whole"):
        open_dataset(f"hf_images:{tmp_path}").fingerprint(tmp_path)


def test_verify_reads_the_pictures(leaves, tmp_path):
    leaves(40).save_to_disk(tmp_path / "set")
    item = verify(f"hf_images:{tmp_path / 'set'}", tmp_path / "root")
    assert item.files == 3
    assert "40 rows (" in item.note
    assert "2 classes, recipe fashion_conv" in item.note


@pytest.mark.slow
def test_saved_pictures_train_for_two_seeds(leaves, hf, mixsuite, tmp_path):
    hf.DatasetDict(train=leaves(16), test=leaves(8, 1)).save_to_disk(tmp_path / "set")
    recipe = '[recipes.short]\nmodel = "conv(width=4, blocks=1)"\noptimizer = "sgd"\nlr = 0.05\nsteps = 3\nbatch = 4\n'
    text = f'seeds = "0-1"\ndatasets = ["hf_images:{tmp_path / "set"}(size=8)@short"]\nmethods = ["erm", "mixup"]\n{recipe}'
    (tmp_path / "m.toml").write_text(text)
    found = mixsuite("run", tmp_path / "m.toml", "--out", tmp_path / "out")
    assert found.status == 0, found.err
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert set(runs["status"]) == {"ok"}
    assert set(runs["seed"]) == {0, 1}
