"""Files of strangers: what has one meaning is read as it is meant, the rest is refused in one line."""

import csv
import gzip
import io
import struct
import wave as wave_files
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.io import wavfile
from support.toys import Toy

from mixsuite.data.rows import Raw
from mixsuite.domains.build import check_raw, make_data
from mixsuite.domains.graphs.adapter import GraphsAdapter
from mixsuite.domains.graphs.datasets._tu import read_tu
from mixsuite.domains.images.adapter import ImagesAdapter
from mixsuite.domains.speech.adapter import SpeechAdapter
from mixsuite.domains.speech.datasets._wave import read_wave
from mixsuite.domains.split import draw_split
from mixsuite.domains.tabular.adapter import TabularAdapter
from mixsuite.domains.tabular.datasets._text import read_table
from mixsuite.errors import InputError
from mixsuite.results.store import open_dataset


def table(tmp_path, text, name="t.csv", **how):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path, **how)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y,a,b\nyes,3,0.5,\nno,4,0.6,\n", "line 2: 4 cells, but the first line has 3"),  # pandas makes an index of y
        ("y,a,b\nyes,3,0.5\nno,4\n", "line 3: 2 cells, but the first line has 3"),
        ("y,a\nyes,3\n\nno,4,5\n", "line 4: 3 cells"),
        ("y;a\nyes;3,5\nno;4,5\n", "line 2: 2 cells, but the first line has 1; is the separator another one"),
        (",a,y\n0,1,yes\n1,2,no\n", "column 1 has no name"),
        ("a,a,y\n0,1,yes\n", "more than one column is called a"),
        ('a,y\n"1,yes\n2,no\n', "cannot be read as a table: unexpected end of data"),
        ('a,y\n"1"2,yes\n', "cannot be read as a table: ',' expected after"),
        ("a,y\n1,yes\n2,no\n?,no\n4,yes\n", "numbers and other texts (1, as '?'): for what means no value, say (na="),
        ("a,y\n01,x\n1,z\n2,x\n", "column 'a' has 01 and 1, which would be one number"),
        ("a,y\n?,x\n?,z\n?,x\n1,z\n2,x\n3,z\n", "numbers and other texts (3, as '?')"),
        ('a,y\n"1,234",x\n567,z\n8,x\n', "such as '1,234': for decimal marks say (decimal=\",\"), or write thousands"),
        ("a,y\n" + "9" * 400 + ",x\n", "cannot be read as a table"),
        ("a,y\n 01,x\n1,z\n2,x\n", "column 'a' has 01 and 1, which would be one number"),
        ("a,y\n12%,x\n3 %,z\n4%,x\n", "column 'a' has numbers such as '12%', which would be categories"),
        ("a,y\n1 000,x\n3,z\n4,x\n", "such as '1 000', which would be categories"),
        ('a,y\n"1,234.50",x\n3,z\n4,x\n', "such as '1,234.50', which would be categories"),
        ("a,y\n\u22120.5,x\n3,z\n4,x\n", "such as '\u22120.5', which would be categories"),
        ("a,y\n$3,x\n$4,z\n$5,x\n", "such as '$3', which would be categories"),
        ("a,y\n1\0,x\n", "line 2: a cell with a zero byte"),
        ("", "it is empty"),
        ("\n\n", "it is empty"),
    ],
)
def test_a_table_whose_rows_do_not_fit_is_refused(tmp_path, text, said):
    with pytest.raises(InputError) as error:
        table(tmp_path, text)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_a_table_is_written_with_can_be_said(tmp_path):
    found = table(tmp_path, "a;b;y\n1,5;?;x\n2,5;3;z\n", sep=";", decimal=",", na=("?",))
    assert found["a"].tolist() == [1.5, 2.5]
    assert found["b"].isna().tolist() == [True, False]
    with pytest.raises(InputError, match="such as '1,5': for decimal marks say"):
        table(tmp_path, "a;y\n1,5;x\n2,5;z\n3,5;z\n", sep=";")
    with pytest.raises(InputError, match=r"such as '0.25': for decimal marks say \(decimal=\"\.\"\)"):
        table(tmp_path, "a;y\n0.25;x\n2.5;z\n3.5;z\n", sep=";", decimal=",")
    assert table(tmp_path, "a,y\n1.1,x\n1.10,z\n2,x\n", classes="y")["a"].tolist() == [1.1, 1.1, 2]  # a number
    assert table(tmp_path, "a,y\n5%,x\n10%,z\n5%,x\n")["a"].tolist() == ["5%", "10%", "5%"]  # two of a kind
    assert table(tmp_path, "a,y\n01,x\n02,z\n10,x\n")["a"].tolist() == [1, 2, 10]
    bare = table(tmp_path, "5,x\n6,z\n", header=False)
    assert bare.columns.tolist() == ["1", "2"]
    assert bare["1"].tolist() == [5, 6]
    marked = table(tmp_path, b"\xef\xbb\xbfa,y\n1,2\n")
    assert marked.columns.tolist() == ["a", "y"]
    packed = table(tmp_path, gzip.compress(b"a,y\n1,2\n"), "t.csv.gz")
    assert packed["y"].tolist() == [2]


CELL = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=6),
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from([",", ";", "\t", "|"]))
def test_an_accepted_table_has_the_cells_that_csv_reads(tmp_path_factory, rows, sep):
    """An independent reader: Python's own."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=sep, lineterminator="\n")
    writer.writerows([["a", "b", "c"], *rows])
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    try:
        frame = read_table(path, sep)
    except InputError:
        return
    wanted = [row for row in csv.reader(io.StringIO(buffer.getvalue()), delimiter=sep) if row][1:]
    assert frame.shape == (len(wanted), 3)
    for i, row in enumerate(wanted):
        for name, cell in zip("abc", row, strict=True):
            found = frame[name].iloc[i]
            if pd.isna(found):
                assert cell.strip() in {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a", "<NA>", "#N/A"}
            elif isinstance(found, str):
                assert found == cell
            else:
                assert cell.strip().lower() in ("true", "false") or float(found) == float(cell)


def test_a_csv_entry_with_an_official_test_file(tmp_path):
    (tmp_path / "train.csv").write_text("a,y\n1,x\n2,z\n3,x\n4,z\n")
    (tmp_path / "test.csv").write_text("a,y\n5,z\n6,x\n")
    entry = f'csv:{tmp_path}/train.csv:y(test_file="{tmp_path}/test.csv")'
    raw = open_dataset(entry).load(Path())
    assert raw.split_id.tolist() == [0, 0, 0, 0, 2, 2]
    assert raw.y.tolist() == [0, 1, 0, 1, 1, 0]
    (tmp_path / "test.csv").write_text("a,y\n5,z\nsix,x\n")
    with pytest.raises(InputError, match="column 'a' has numbers in one file and texts in the other"):
        open_dataset(entry).load(Path())
    (tmp_path / "test.csv").write_text((tmp_path / "train.csv").read_text())
    with pytest.raises(InputError, match="has the rows of"):
        open_dataset(entry).load(Path())
    (tmp_path / "test.csv").write_text("y,a\nz,5\nx,6\n")
    with pytest.raises(InputError, match="its columns are not those of"):
        open_dataset(entry).load(Path())
    for wrong in ("sep=ab", 'sep="x"', 'decimal=";"', 'decimal=","'):
        with pytest.raises(InputError, match="allowed is"):
            open_dataset(f"csv:{tmp_path}/train.csv:y({wrong})")


TIME = np.linspace(0, 1, 8000, endpoint=False)
TONE = 0.5 * np.sin(2 * np.pi * 440 * TIME)


@pytest.mark.parametrize("kind", ["int16", "int32", "uint8", "float32", "int24", "stereo", "16 kHz"])
def test_a_sound_file_is_what_its_header_says(tmp_path, kind):
    path = tmp_path / "tone.wav"
    if kind == "int24":
        with wave_files.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(3)
            file.setframerate(8000)
            file.writeframes(b"".join(struct.pack("<i", int(v * 2**23))[:3] for v in TONE))
    elif kind == "stereo":
        wavfile.write(path, 8000, np.stack([1.5 * TONE, 0.5 * TONE], 1).astype(np.float32))
    elif kind == "16 kHz":
        wavfile.write(path, 16000, (0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)).astype(np.float32))
    elif kind == "uint8":
        wavfile.write(path, 8000, np.round(TONE * 128 + 128).astype(np.uint8))
    elif kind == "float32":
        wavfile.write(path, 8000, TONE.astype(np.float32))
    else:
        wavfile.write(path, 8000, (TONE * np.iinfo(kind).max).astype(kind))
    found = read_wave(path, 8000)
    assert found.dtype == np.float32
    assert found.shape == (8000,)
    inner = slice(100, -100)  # a resampled wave has other ends
    assert np.abs(found - TONE)[inner].max() < (0.01 if kind in ("uint8", "16 kHz") else 1e-3)


def test_a_plain_sound_file_is_read_to_the_bit(tmp_path):
    values = np.random.default_rng(0).integers(-(2**15), 2**15, 500, dtype=np.int16)
    wavfile.write(tmp_path / "a.wav", 8000, values)
    assert np.array_equal(read_wave(tmp_path / "a.wav", 8000), values.astype(np.float32) / 32768)


@pytest.mark.parametrize("classes", ["1.1 1.10 2", "1E2 100 3", "7 7.0 8", " 01 1 2"])
def test_classes_that_would_become_one_are_refused(tmp_path, classes):
    text = "\n".join(f"{i},{cell}" for i, cell in enumerate(classes.split(" ") if classes[0] != " " else [" 01", "1"]))
    with pytest.raises(InputError, match=r"column 'y' has .* and .*, which would be one number"):
        table(tmp_path, f"a,y\n{text}\n", classes="y")
    (tmp_path / "rows.csv").write_text(f"a,y\n{text}\n{text}\n")
    with pytest.raises(InputError, match="which would be one number"):
        open_dataset(f"csv:{tmp_path / 'rows.csv'}:y").load(tmp_path)
    assert open_dataset(f"csv:{tmp_path / 'rows.csv'}:y(kind=regression)").kind == "regression"


def test_classes_with_a_decimal_comma_are_told_apart_as_they_are_read(tmp_path):
    with pytest.raises(InputError, match="column 'y' has 1,5 and 1,50"):
        table(tmp_path, "a;y\n1;1,5\n2;1,50\n", sep=";", decimal=",", classes="y")
    assert table(tmp_path, "a;y\n1;1,5\n2;2,5\n", sep=";", decimal=",", classes="y")["y"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("fault", ["empty", "text", "cut off", "no samples", "nan", "two datas", "two formats"])
def test_a_sound_file_that_cannot_be_read_is_named(tmp_path, fault):
    path = tmp_path / "tone.wav"
    wavfile.write(path, 8000, TONE.astype(np.float32))
    whole = path.read_bytes()
    if fault == "no samples":
        wavfile.write(path, 8000, np.zeros(0, dtype=np.int16))
    elif fault == "nan":
        wavfile.write(path, 8000, np.array([0.0, np.nan], dtype=np.float32))
    else:
        data = b"data" + struct.pack("<I", 8) + bytes(8)
        contents = {"empty": b"", "text": b"hello", "cut off": whole[:1000], "two datas": whole + data}
        path.write_bytes((contents | {"two formats": whole[:12] + whole[12:36] + whole[12:]})[fault])
    with pytest.raises(InputError, match=r"tone\.wav"):
        read_wave(path, 8000)


def test_waves_without_a_rate_and_clips_of_many_forms_are_refused():
    rows = np.arange(2)

    def clips(*shapes):
        x = np.empty(len(shapes), dtype=object)
        x[:] = [np.ones(shape, dtype=np.float32) for shape in shapes]
        return x

    with pytest.raises(InputError, match=r"are waves: load\(\) must give Raw\(rate="):
        SpeechAdapter().encode(Raw(clips((1, 8000), (1, 4000)), rows), rows, rows)
    SpeechAdapter().encode(Raw(clips((1, 8000), (1, 4000)), rows, rate=8000), rows, rows)
    SpeechAdapter().encode(Raw(clips((1, 80), (1, 40)), rows), rows, rows)
    for odd in ((8000,), (2, 80)):
        with pytest.raises(InputError, match="clip 1 is"):
            SpeechAdapter().encode(Raw(clips((1, 80), odd), rows), rows, rows)


TU = {"A": "1, 2\n2, 1\n3, 4\n4, 3\n", "graph_indicator": "1\n1\n2\n2\n", "graph_labels": "0\n1\n"}


def tu(tmp_path, **changes):
    for name, text in (TU | changes).items():
        (tmp_path / f"T_{name}.txt").write_text(text)
    return read_tu(tmp_path, "T")


def test_a_tu_set_that_fits_is_read(tmp_path):
    raw = tu(tmp_path, A=TU["A"] + "\n\n", node_labels="5\n6\n5\n5\n", node_attributes="0.5\n1\n2\n3\n")
    assert [edges.tolist() for _, edges in raw.x] == [[[0, 1], [1, 0]]] * 2
    assert raw.x[0][0].tolist() == [[0.5, 1, 0], [1, 0, 1]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"graph_labels": "0.5\n1.5\n"}, "T_graph_labels.txt, line 1: no whole number"),
        ({"graph_labels": "0\nnan\n"}, "T_graph_labels.txt, line 2: something that is no finite number"),
        ({"graph_labels": "0\n"}, "T_graph_indicator.txt, line 3: a graph that is none of the 1"),
        (
            {"graph_indicator": "1\n2\n1\n2\n"},
            "T_graph_indicator.txt, line 3: a graph before the one of the line above",
        ),
        ({"graph_indicator": "1\n1\n2\n"}, "T_A.txt, line 3: a node that is none of the 3"),
        ({"graph_indicator": "0\n1\n2\n2\n"}, "T_graph_indicator.txt, line 1: a graph that is none"),
        ({"A": "1, 2\n2, 3\n"}, "T_A.txt, line 2: an edge between two graphs"),
        ({"A": "1, 2\n0, 1\n"}, "T_A.txt, line 2: a node that is none"),
        ({"A": ""}, "T_A.txt: is empty"),
        ({"A": "1 2\n2 1\n"}, "T_A.txt, line 1: 1 numbers, wanted are 2"),
        ({"A": "1, 2\nx, 1\n"}, "T_A.txt, line 2: something that is no finite number"),
        ({"node_attributes": "0\n1e39\n2\n3\n"}, "T_node_attributes.txt, line 2: a number too large"),
        ({"node_labels": "0\n1\n"}, "T_node_labels.txt: 2 lines, but there are 4 nodes"),
        ({"node_attributes": "0,1\n1\n2\n3\n"}, "T_node_attributes.txt, line 2: something that is no finite number"),
        ({"node_attributes": "0\n1,1\n2\n3\n"}, "T_node_attributes.txt: cannot be read"),
    ],
)
def test_a_tu_set_that_does_not_fit_names_file_and_line(tmp_path, changes, said):
    with pytest.raises(InputError) as error:
        tu(tmp_path, **changes)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_one_class_with_a_single_row_does_not_end_stratification():
    y = np.array([0] * 90 + [1] * 10 + [2])
    for seed in range(20):
        split = draw_split(Toy(test=0.3, valid=0.2), Raw(np.zeros((101, 1)), y), seed)
        assert np.bincount(y[split.test], minlength=3)[1:].tolist() == [3, 0]
        assert y[split.train].tolist().count(2) + y[split.valid].tolist().count(2) == 1
        parts = np.concatenate([split.train, split.valid, split.test])
        assert sorted(parts.tolist()) == list(range(101))


def test_hidden_folders_and_what_archives_leave_are_no_classes(tmp_path):
    for name in ("oak", "ash", ".ipynb_checkpoints", "__MACOSX/oak"):
        (tmp_path / name).mkdir(parents=True)
        for i in range(2):
            Image.fromarray(np.full((8, 8), 40 * i, dtype=np.uint8)).save(tmp_path / name / f"{i}.png")
    (tmp_path / "oak" / "._0.png").write_bytes(b"resource fork")
    raw = open_dataset(f"folder:{tmp_path}(size=8)").load(Path())
    assert raw.y.tolist() == [0, 0, 1, 1]


def test_a_picture_of_a_format_that_starts_programs_is_not_opened(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
    with pytest.raises(InputError, match=r"0\.png: cannot be read as a picture"):
        open_dataset(f"folder:{tmp_path}(size=8)").load(Path())


def test_a_picture_of_too_many_pixels_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros((64, 64), dtype=np.uint8)).save(tmp_path / "a" / "0.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match=r"0\.png: cannot be read as a picture: .*decompression bomb"):
        open_dataset(f"folder:{tmp_path}(size=8)").load(Path())


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([0, 1_000_000, 0, 1], "classes are numbered 0, 1, 2, ...; here are 3 different ones, up to 1000000"),
        ([0, -1, 1, 1], "classes are numbered from 0, here from -1"),
        ([0, 0.5, 1, 1], "classes must be whole numbers"),
        ([0, np.inf, 1, 1], "targets must be finite"),
        ([[0.5, 0.5], [1, 1], [0, 1], [1, 0]], "soft targets are shares"),
        ([[1.5, -0.5], [1, 0], [0, 1], [1, 0]], "soft targets are shares"),
        ([[0], [1], [0], [1]], r"class numbers must be [n], not [n, 1]"),
    ],
)
def test_targets_that_cannot_be_meant_are_refused(y, said):
    with pytest.raises(InputError) as error:
        check_raw(Toy(), Raw(np.zeros((4, 1)), np.array(y)))
    assert said in str(error.value)


@pytest.mark.parametrize("split_id", [[0, 2, 3, 0], [-1, 0, 2, 0], [0, 0.5, 2, 0], [0, np.nan, 2, 0]])
def test_parts_that_there_are_not_are_refused(split_id):
    with pytest.raises(InputError, match="split_id must be 0"):
        check_raw(Toy(), Raw(np.zeros((4, 1)), np.array([0, 1, 0, 1]), np.array(split_id)))


@pytest.mark.parametrize("rate", [0, -1, "16000", np.nan, True, [8000, 16000]])
def test_rates_that_there_are_not_are_refused(rate):
    with pytest.raises(InputError, match="rate must be a number of samples per second"):
        check_raw(Toy(), Raw(np.zeros((4, 1)), np.array([0, 1, 0, 1]), rate=rate))


def test_a_picture_that_moves_to_another_class_is_other_data(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.fromarray(np.full((8, 8), 40 * i, dtype=np.uint8)).save(tmp_path / name / f"{name}{i}.png")
    dataset = open_dataset(f"folder:{tmp_path}(size=8)")
    before = dataset.fingerprint(tmp_path)
    (tmp_path / "a" / "a2.png").rename(tmp_path / "b" / "a2.png")
    assert dataset.fingerprint(tmp_path) != before


def test_a_class_of_the_test_part_alone_is_named():
    with pytest.raises(InputError, match=r"class \[1\] has rows in the test part, and none in the training part"):
        check_raw(Toy(), Raw(np.zeros((4, 1)), np.array([0, 0, 1, 0]), np.array([0, 0, 2, 2])))


def test_a_truth_with_a_gap_in_the_test_file_is_no_number(tmp_path):
    (tmp_path / "train.csv").write_text("a,y\nTrue,x\nFalse,z\nTrue,x\nFalse,z\n")
    (tmp_path / "test.csv").write_text("a,y\nTrue,z\n,x\n")
    raw = open_dataset(f'csv:{tmp_path}/train.csv:y(test_file="{tmp_path}/test.csv")').load(Path())
    assert raw.x["a"].isna().tolist() == [False] * 5 + [True]


def graphs(*pairs):
    x = np.empty(len(pairs), dtype=object)
    x[:] = pairs
    return x


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ((np.ones((2, 3)), np.array([[0], [2]])), "graph 1: an edge to node 2, but its 2 nodes are numbered from 0"),
        ((np.ones((2, 3)), np.array([[0], [-1]])), "an edge to node -1"),
        ((np.ones((2, 3)), np.array([[0.0], [1.0]])), r"edges are float64 \[2, 1\]; wanted are integers \[2, E\]"),
        ((np.ones((2, 3)), np.array([[0, 1]])), r"edges are int64 \[1, 2\]"),
        ((np.ones((2, 4)), np.array([[0], [1]])), r"features are float64 \[2, 4\]; wanted are numbers \[V, 3\]"),
        ((np.ones(2), np.array([[0], [1]])), r"features are float64 \[2\]"),
        ((np.ones((2, 3)).astype(str), np.array([[0], [1]])), "features are"),
        ((np.ones((0, 3)), np.empty((2, 0), int)), "graph 1 has no nodes"),
        ("ab", "graph 1 is no pair"),
    ],
)
def test_graphs_of_another_form_are_named(pair, said):
    good = np.ones((2, 3)), np.array([[0, 1], [1, 0]])
    raw = Raw(graphs(good, pair, good, good), np.array([0, 1, 0, 1]))
    with pytest.raises(InputError, match=said):
        GraphsAdapter().encode(raw, np.arange(4), np.arange(2))


@pytest.mark.parametrize(
    ("clip", "rate", "said"),
    [
        (np.ones((2, 16000), np.float32), None, "are waves: load.. must give Raw"),
        (np.ones((1, 900), np.int16), 8000, "clip 0 has int16: waves are within -1 and 1"),
        (np.full((1, 900), 20000.0), 8000, "has numbers up to 2e.04"),
    ],
)
def test_waves_of_another_scale_are_named(clip, rate, said):
    x = np.empty(4, dtype=object)
    x[:] = [clip] * 4
    with pytest.raises(InputError, match=said):
        SpeechAdapter().encode(Raw(x, np.array([0, 1, 0, 1]), rate=rate), np.arange(4), np.arange(2))


def test_a_word_in_another_folder_is_other_data_and_a_clip_has_one_part(tmp_path):
    """Labels are names of folders."""
    top = tmp_path / "SpeechCommands" / "speech_commands_v0.02"
    for word, clip in (("yes", "a_nohash_0.wav"), ("no", "b_nohash_0.wav"), (".trash", "c_nohash_0.wav")):
        (top / word).mkdir(parents=True)
        wavfile.write(top / word / clip, 16000, np.zeros(16000, np.int16) + len(word))
    (top / "validation_list.txt").write_text("yes/a_nohash_0.wav\n")
    (top / "testing_list.txt").write_text("no/b_nohash_0.wav\n")
    dataset = open_dataset("speech_commands")
    before = dataset.fingerprint(tmp_path)
    assert dataset.load(tmp_path).y.tolist() == [1, 0]
    (top / "yes" / "a_nohash_0.wav").rename(top / "no" / "a_nohash_0.wav")
    assert dataset.fingerprint(tmp_path) != before
    (top / "no" / "a_nohash_0.wav").rename(top / "yes" / "a_nohash_0.wav")
    (top / "testing_list.txt").write_text("no/b_nohash_0.wav\nyes/a_nohash_0.wav\n")
    with pytest.raises(InputError, match=r"stands in validation_list\.txt and in testing_list"):
        dataset.load(tmp_path)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": [1.0, 2, 3, np.inf]}), "column 'a' has an infinite number, in row 3"),
        (pd.DataFrame({"a": [1j, 2, 3, 4]}), "column 'a' has complex numbers"),
        (pd.DataFrame([[1, 2]] * 4, columns=["a", "a"]), "two columns are called 'a'"),
    ],
)
def test_a_column_that_cannot_be_meant_is_named(frame, said):
    with pytest.raises(InputError, match=said):
        TabularAdapter().encode(Raw(frame, np.array([0, 1, 0, 1])), np.arange(4), np.arange(2))


def test_pictures_of_many_sizes_in_one_array_are_refused():
    x = np.empty(2, dtype=object)
    x[:] = [np.zeros((4, 4)), np.zeros((5, 5))]
    with pytest.raises(InputError, match="all of one size, are object"):
        ImagesAdapter().encode(Raw(x, np.array([0, 1])), np.arange(2), np.arange(2))


@pytest.mark.parametrize(("weight", "said"), [(np.zeros(4), "all weights are 0"), (np.array(list("abcd")), "numbers")])
def test_weights_that_cannot_be_meant_are_refused(weight, said):
    with pytest.raises(InputError, match=said):
        check_raw(Toy(), Raw(np.zeros((4, 2, 2)), np.array([0, 1, 0, 1]), weight=weight))


def test_a_training_part_without_weight_is_refused():
    raw = Raw(np.zeros((4, 1)), np.array([0, 1, 0, 1]), np.array([0, 0, 2, 2]), np.array([0.0, 0, 1, 1]))
    with pytest.raises(InputError, match="all weights of the training part are 0"):
        make_data(TabularAdapter(), Toy(), replace(raw, x=pd.DataFrame({"a": np.arange(4.0)})), 0)


def test_a_cell_of_many_values_is_refused():
    raw = Raw(pd.DataFrame({"a": [1.0, 2.0], "b": [[1, 2], [3]]}), np.array([0, 1]))
    with pytest.raises(InputError, match=r"column 'b' has cells of many values \(a list\)"):
        TabularAdapter().encode(raw, np.arange(2), np.arange(2))


def test_a_class_folder_without_a_picture_that_can_be_read_is_named(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        Image.fromarray(np.zeros((8, 8), dtype=np.uint8)).save(tmp_path / name / "x.png")
    dataset = open_dataset(f"folder:{tmp_path}(size=8)")
    (tmp_path / "c" / "x.png").rename(tmp_path / "c" / "x.heic")
    with pytest.raises(InputError, match=r"c: has files, none of them a picture that can be read"):
        dataset.files(tmp_path)
    (tmp_path / "c" / "x.heic").rename(tmp_path / "c" / ".hidden")
    assert len(dataset.files(tmp_path)) == 2


def test_a_test_folder_that_is_the_training_folder_is_refused(tmp_path):
    for part, shade in (("train", 1), ("test", 1), ("train", 2), ("test", 2)):
        folder = tmp_path / part / f"class{shade}"
        folder.mkdir(parents=True)
        Image.fromarray(np.full((8, 8), shade, dtype=np.uint8)).save(folder / f"{part}.png")
    dataset = open_dataset(f"folder:{tmp_path}(size=8)")
    with pytest.raises(InputError, match="every picture is in the training part too"):
        dataset.load(tmp_path)
    Image.fromarray(np.full((8, 8), 9, dtype=np.uint8)).save(tmp_path / "test" / "class1" / "test.png")
    assert len(dataset.load(tmp_path).y) == 4


def test_a_picture_of_very_many_pixels_is_refused_in_one_line(tmp_path, monkeypatch):
    """Pillow only warns of it, in two lines."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("L", (11, 12)).save(tmp_path / name / "1.png")
    with pytest.raises(InputError, match="cannot be read as a picture") as error:
        open_dataset(f"folder:{tmp_path}").load(Path())
    assert len(str(error.value).splitlines()) == 1


def test_truths_are_the_texts_that_are_written(tmp_path):
    """As pandas reads them, TRUE is True in a file of truths alone, and TRUE beside another text."""
    rows = "a,y\n" + "TRUE,x\nFALSE,z\n" * 3
    (tmp_path / "train.csv").write_text(rows)
    (tmp_path / "test.csv").write_text(rows + "maybe,x\n")
    raw = open_dataset(f'csv:{tmp_path}/train.csv:y(test_file="{tmp_path}/test.csv")').load(Path())
    assert raw.x["a"].tolist() == ["TRUE", "FALSE"] * 6 + ["maybe"]


def test_node_labels_over_a_vast_range_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"T_node_labels.txt, line 2: labels over a range of 4096"):
        tu(tmp_path, node_labels="0\n59000000\n0\n0\n")


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
@pytest.mark.parametrize(
    "text", ["a,b,y\n0.5,u,x\n1.5,v,z\n2.5,u,x\n", "a,y\n\u22120.5,x\n3,z\n4,x\n", "a,y\n1,1.1\n2,1.10\n3,2\n"]
)
def test_a_table_is_read_alike_with_pyarrow_installed_and_without(tmp_path, storage, text):
    """pandas keeps texts in pyarrow's arrays where it is installed; its regular expressions are others than Python's."""
    with pd.option_context("mode.string_storage", "python"):
        wanted = outcome_of(tmp_path, text)
    with pd.option_context("mode.string_storage", storage):
        assert outcome_of(tmp_path, text) == wanted


def outcome_of(folder, text):
    try:
        return table(folder, text, classes="y").to_csv()
    except InputError as error:
        return str(error)
