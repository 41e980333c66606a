"""Proof: whatever stands in a file or an entry is read as it is meant, or refused in one line.

Inputs of each kind are made from good ones by changes that a fixed seed draws: bytes, characters, cells, lines and keys
are cut out, doubled, swapped or replaced by odd ones. Each is read as the commands read it. A refusal is an InputError
of one line. What is accepted is compared, value by value, with an independent reader: Python's csv, json, tomllib,
zipfile and wave, Pillow, soundfile, pandas, torch_geometric, and Hugging Face's datasets. Whatever else comes up
(another exception, another value, a file outside the folder) is a failure.

    python benchmarks/proofs/borders.py [--inputs 30000] [--out results/reference/borders.md]
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import io
import json
import math
import sys
import tempfile
import tomllib
import traceback
import warnings
import wave
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from pydantic import BaseModel

from mixsuite.claims.study import read_study, study_names
from mixsuite.domains.arrow_files import read_columns
from mixsuite.domains.graphs.datasets._edges import read_edges
from mixsuite.domains.graphs.datasets._tu import read_tu
from mixsuite.domains.saved_splits import read_saved
from mixsuite.domains.speech.datasets._wave import read_wave
from mixsuite.domains.tabular.datasets._arrow import frame_of
from mixsuite.domains.tabular.datasets._text import read_table
from mixsuite.errors import InputError
from mixsuite.experiment.matrix import folders, load_matrix
from mixsuite.experiment.spec import digest_json
from mixsuite.plugins.entry import parse_entry, parse_seeds
from mixsuite.regression.baseline import load_baseline
from mixsuite.regression.history import COLUMNS, load_history
from mixsuite.results.manifest import load_manifest
from mixsuite.results.record import SCHEMA, Record, parse_record
from mixsuite.results.store import open_dataset, unpack

Draws = np.random.Generator
ODD = [
    *("", " ", "\n", "\r\n", "\t", "\0", "\x1b[31m", "\u202e", "\ufeff", "é", "A", "a" * 300, "[[", "[", "]", "(", ")"),
    *("nan", "inf", "-inf", "1e400", "NaN", "Infinity", "null", "true", "-1", "0", "1.5", "1e308", "0x10", "9" * 400),
    *("=1+1", "../../x", "/etc/passwd", "~", "{}", '{"a":', "\\", '"', "'", ",", ";", "|", ":", "@", "#", "--"),
    "9" * 5000,
]
_NOTHING = "NA N/A NaN nan null NULL None n/a <NA> #N/A #NA -NaN -nan 1.#IND 1.#QNAN -1.#IND -1.#QNAN"
MISSING = {"", "#N/A N/A", *_NOTHING.split()}  # what pandas takes for no value
SHIPPED = next(folder for folder in folders() if (folder / "claims").is_dir())
RESULTS = Path(__file__).parents[2] / "results"


class Wrong(Exception):
    """An accepted value is not the independent reader's."""


def need(good: bool, what: str) -> None:
    if not good:
        raise Wrong(what)


def bent(text: str, draws: Draws) -> str:
    """A text with some changes; one in eight stays as it is."""
    for _ in range(int(draws.integers(0, 4))):
        if draws.random() < 0.12:
            continue
        i, j = sorted(int(v) for v in draws.integers(0, len(text) + 1, 2))
        j = min(j, i + int(draws.choice([0, 1, 1, 2, 5, 40])))
        odd = str(draws.choice(ODD))
        how = draws.integers(6)
        if how == 0:
            text = text[:i] + odd + text[i:]
        elif how == 1:
            text = text[:i] + odd + text[j:]
        elif how == 2:
            text = text[:i] + text[j:]
        elif how == 3:
            text = text[:i] + text[i:j] * 2 + text[j:]
        elif how == 4:
            lines = text.splitlines(True)
            if draws.random() < 0.1:
                draws.shuffle(lines)
            if lines:
                lines.pop(int(draws.integers(len(lines))))
            text = "".join(lines)
        else:
            text = text[:i]
    return text


def bent_bytes(content: bytes, draws: Draws) -> bytes:
    """Bytes with some changes, more of them at the beginning, where headers are."""
    data = bytearray(content)
    for _ in range(int(draws.choice([0, 0, 0, 1, 1, 2, 4]))):
        at = int(draws.integers(0, min(len(data), 64) if draws.random() < 0.7 else len(data))) if data else 0
        how = draws.integers(4)
        if how == 0 and data:
            data[at] = int(draws.integers(256))
        elif how == 1:
            del data[at : at + int(draws.integers(1, 9))]
        elif how == 2:
            data[at:at] = bytes(draws.integers(0, 256, int(draws.integers(1, 9))).astype(np.uint8))
        else:
            del data[max(at, 1) :]
    return bytes(data)


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    return path


# One function a kind: it makes an input, reads it, and compares what was accepted.

ENTRIES = [
    "mixup(alpha=0.4)", "wine(rows=24, test=0.6)@tiny", "csv:a/b.csv:y(drop=[id, name])", "multi_mix(k=2, mask=box)",
]  # fmt: skip


def entries(draws: Draws, _: Path) -> None:
    text = bent(str(draws.choice(ENTRIES)), draws)
    call, recipe = parse_entry(text)
    need(call.name.isprintable(), f"{text!r}: the name {call.name!r}")
    again, same = parse_entry(str(call) + (f"@{recipe}" if recipe else ""))
    need((again, same) == (call, recipe), f"{text!r}: {call} is not read again as itself")
    if call.params:
        inside = text[text.index("(") + 1 : text.rindex(")")]
        keywords = ast.parse(f"f({inside})", mode="eval").body.keywords  # type: ignore[attr-defined]
        for (key, value), keyword in zip(call.params, keywords, strict=True):
            need(key == keyword.arg, f"{text!r}: {key}")
            with contextlib.suppress(ValueError):
                need(_same(value, ast.literal_eval(keyword.value)), f"{text!r}: {key}={value!r}")


def _same(a: object, b: object) -> bool:
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b and type(a) is type(b)


def seeds(draws: Draws, _: Path) -> None:
    text = bent(str(draws.choice(["0-9", "0-4,7", "3", "0,2,4", "10-12, 1"])), draws)
    found = parse_seeds(text)
    wanted: set[int] = set()
    for part in text.split(","):
        low, _, high = part.partition("-")
        wanted |= set(range(int(low), int(high or low) + 1))
    need(found == tuple(sorted(wanted)), f"{text!r}: {found[:5]}")


RECORD = Record(
    schema=SCHEMA,
    id="",
    names={"domain": "tabular", "dataset": "wine", "recipe": "r", "task": "wine", "method": "erm"},
    spec={"seed": 3},
    status="ok",
    reason="",
    code={"hash": "c"},
    data="d",
    time="2026-01-01T00:00:00+00:00",
    metrics={"error": 0.25, "nll": 1.5},
    seconds=1.5,
    steps=10,
    digests={"data": "a"},
    sequence=4,
)


def records(draws: Draws, _: Path) -> None:
    seed = int(draws.integers(100))
    values = vars(RECORD) | {"spec": {"seed": seed}, "id": digest_json({"seed": seed})[:16]}
    line = Record(**values).line()
    if draws.random() < 0.6:  # without a checksum, so that the other checks are met
        line = json.dumps(json.loads(line) | {"checksum": "", "sequence": None}) + "\n"
    text = bent(line.rstrip("\n"), draws)
    found = parse_record(text, "here")
    wanted = json.loads(text)
    for name, value in wanted.items():
        need(getattr(found, name) == value, f"{name}: {value!r}")
    need(all(math.isfinite(v) for v in found.metrics.values()), "a metric that is not finite")
    need(found.id == digest_json(wanted["spec"])[:16], "an id that is not its spec's")
    need(not wanted.get("checksum") or text == line.rstrip("\n"), "an edited line")


MATRICES = [path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.toml"))]


def matrices(draws: Draws, folder: Path) -> None:
    text = bent(str(draws.choice(MATRICES)), draws)
    found = load_matrix(str(put(folder / "m.toml", text)))
    wanted = tomllib.loads((folder / "m.toml").read_text(encoding="utf-8"))
    need(list(found.datasets) == list(wanted["datasets"]), "datasets")
    need(list(found.methods) == list(wanted["methods"]), "methods")
    need(found.reference == wanted.get("reference", "erm"), "reference")
    for name, recipe in wanted.get("recipes", {}).items():
        for key, value in recipe.items():
            need(getattr(found.recipes[name], key) == value, f"{name}.{key}: {value!r}")


STUDIES = study_names()


def studies(draws: Draws, folder: Path) -> None:
    source = SHIPPED / "claims" / f"{draws.choice(STUDIES)}.toml"
    text = bent(source.read_text(encoding="utf-8"), draws)
    found = read_study(put(folder / "s.toml", text))
    wanted = tomllib.loads((folder / "s.toml").read_text(encoding="utf-8"))
    need(found.claim == wanted["claim"], "claim")
    need(len(found.tests) == len(wanted["tests"]), "tests")
    for one, other in zip(found.tests, wanted["tests"], strict=True):
        for key, value in other.items():
            own = getattr(one, key)
            own = own.model_dump() if isinstance(own, BaseModel) else own
            alike = list(map(str, np.ravel(own))) == list(map(str, np.ravel(value)))
            need(_same(own, value) or own == value or alike, f"{key}: {value!r}")


BASELINE = "\n".join((RESULTS / "baseline.csv").read_text(encoding="utf-8").splitlines()[:40]) + "\n"


def baselines(draws: Draws, folder: Path) -> None:
    path = put(folder / "b.csv", bent(BASELINE, draws))
    found = load_baseline(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    need(sum(len(run.metrics) for cell in found.cells.values() for run in cell.values()) == len(rows), "number of rows")
    for row in rows:
        run = found.cells[row["domain"], row["dataset"], row["recipe"], row["method"]][int(row["seed"])]
        value = float(row["value"])
        need(run.metrics[row["metric"]] == value and math.isfinite(value), row["value"])


HISTORY = ",".join(COLUMNS) + "\n"
HISTORY += "".join(
    f"c{n},2026-01-{n + 1:02d},images,digits,r,{method},error,12,0.{n}1,0.{n}0,0.{n}2\n"
    for n in range(4)
    for method in ("erm", "mixup")
)


def histories(draws: Draws, folder: Path) -> None:
    path = put(folder / "h.csv", bent(HISTORY, draws))
    found = load_history(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    need(sum(map(len, found.values())) == len(rows), "number of rows")
    points = Counter((p.commit, p.date, p.primary.name, p.n, p.mean) for cell in found.values() for p in cell)
    wanted = Counter((r["commit"], r["date"], r["metric"], int(r["n"]), float(r["mean"])) for r in rows)
    need(points == wanted, "a point")


def tables(draws: Draws, folder: Path) -> None:
    width, buffer = int(draws.integers(2, 5)), io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([f"c{i}" for i in range(width)])
    for _ in range(int(draws.integers(1, 12))):
        cells = [str(round(float(v), 3)) for v in draws.standard_normal(width)]
        if draws.random() < 0.3:
            other = str(draws.choice(["red", "blue", "", "NA", "a,b", 'say "x"', *ODD[:20]]))
            cells[int(draws.integers(width))] = other
        writer.writerow(cells)
    path = put(folder / "t.csv", bent(buffer.getvalue(), draws))
    found = read_table(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = [row for row in csv.reader(file) if row]
    need(list(found.columns) == header, "names")
    need(len(found) == len(rows), f"{len(found)} rows, {len(rows)} by csv")
    for place, row in enumerate(rows):
        need(len(row) == len(header), f"row {place} has another width")
        for name, cell in zip(header, row, strict=True):
            value = found[name].iloc[place]
            if value is None or value != value:
                need(cell.strip() in MISSING, f"{cell!r} is missing")
            elif isinstance(value, str):
                need(value == cell, f"{cell!r} is {value!r}")
            elif cell.strip().lower() not in ("true", "false"):
                need(float(value) == float(cell), f"{cell!r} is {value!r}")


def manifests(draws: Draws, folder: Path) -> None:
    good = (RESULTS / "reference" / "claims" / "uci" / "matrix.toml").read_text(encoding="utf-8")
    found = load_manifest(put(folder / "matrix.toml", bent(good, draws)).parent)
    wanted = tomllib.loads((folder / "matrix.toml").read_text(encoding="utf-8"))
    need(list(found.tasks) == list(wanted["tasks"]), "tasks")
    for name, task in wanted["tasks"].items():
        domain = found.tasks[name].domain
        need(domain == task["domain"] and not set("/\\") & set(domain), f"domain {domain!r}")
        need(dict(found.tasks[name].recipe).keys() == task["recipe"].keys(), f"recipe of {name}")


def archives(draws: Draws, folder: Path) -> None:
    buffer = io.BytesIO()
    good, bad = ["a.txt", "b/c.txt", "d//e.txt", "ok.csv"], ["../x.txt", "/abs.txt", "C:\\x"]
    names = [str(draws.choice(good if draws.random() < 0.85 else bad)) for _ in range(2)]
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
        warnings.simplefilter("ignore")
        for name in dict.fromkeys(names):
            z.writestr(name, "1,2\n" * int(draws.integers(0, 50)))
    path, inside = folder / "a.zip", folder / "deep" / "inside"
    path.write_bytes(bent_bytes(buffer.getvalue(), draws))
    inside.mkdir(parents=True)
    try:
        unpack(path, inside)
    finally:
        outside = [p for p in folder.rglob("*") if p.is_file() and p != path and inside not in p.parents]
        need(not outside, f"written outside: {outside}")
    with zipfile.ZipFile(path) as z:
        for info in z.infolist():
            if not info.is_dir():
                need((inside / info.filename).read_bytes() == z.read(info), info.filename)


def wave_content(draws: Draws, width: int, channels: int, rate: int) -> bytes:
    """A WAV file of noise, by the standard library. width: bytes a sample."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(draws.integers(0, 256, width * channels * 300).astype(np.uint8)))
    return buffer.getvalue()


def need_wave(found: np.ndarray, path: Path, rate: int) -> None:
    """What was read of a WAV file is what the standard library reads, which knows whole numbers alone."""
    with contextlib.suppress(wave.Error, EOFError), wave.open(str(path), "rb") as file:
        width, channels, own = file.getsampwidth(), file.getnchannels(), file.getframerate()
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype=np.uint8)
        if own != rate or width not in (1, 2, 3, 4) or len(raw) % (width * channels):
            return
        values = raw.reshape(-1, width)
        if width == 1:
            numbers = (values[:, 0].astype(np.float64) - 128) / 128
        else:
            padded = np.zeros((len(values), 4), dtype=np.uint8)
            padded[:, 4 - width :] = values
            numbers = padded.view("<i4")[:, 0] / 2**31
        wanted = numbers.reshape(-1, channels).mean(1)
        need(len(wanted) == len(found) and np.allclose(found, wanted, atol=1e-6), f"samples of {path.name}")


def waves(draws: Draws, folder: Path) -> None:
    width, channels = int(draws.choice([1, 2, 3, 4])), int(draws.choice([1, 1, 2]))
    path = folder / "w.wav"
    path.write_bytes(bent_bytes(wave_content(draws, width, channels, int(draws.choice([8000, 8000, 16000]))), draws))
    found = read_wave(path, 8000)
    need(found.dtype == np.float32 and found.ndim == 1 and bool(np.isfinite(found).all()), "form")
    need_wave(found, path, 8000)


def sounds(draws: Draws, folder: Path) -> None:
    import soundfile

    odd = str(draws.choice(["a/w", "b/f"]))
    for name in ("a", "b"):
        (folder / "set" / name).mkdir(parents=True)
        content = wave_content(draws, 2, int(draws.choice([1, 2])), 8000)
        (folder / "set" / name / "w.wav").write_bytes(bent_bytes(content, draws) if odd == f"{name}/w" else content)
        buffer = io.BytesIO()
        values = draws.integers(-(2**31), 2**31, (300, int(draws.choice([1, 2])))).astype(np.int32)
        soundfile.write(buffer, values, 8000, format="FLAC", subtype=str(draws.choice(["PCM_S8", "PCM_16", "PCM_24"])))
        content = buffer.getvalue()
        (folder / "set" / name / "f.flac").write_bytes(bent_bytes(content, draws) if odd == f"{name}/f" else content)
    raw = open_dataset(f"sounds:{folder / 'set'}").load(folder)
    need(raw.y.tolist() == [0, 0, 1, 1] and raw.rate == 8000, "classes and rate")
    for clip, path in zip(raw.x, sorted((folder / "set").rglob("*.*")), strict=True):
        need(clip.dtype == np.float32 and len(clip) == 1 and bool(np.isfinite(clip).all()), "form")
        if path.suffix == ".wav":
            need_wave(clip[0], path, 8000)
        else:
            wanted = soundfile.read(path, always_2d=True)[0].mean(1)
            need(len(wanted) == clip.shape[1] and np.allclose(clip[0], wanted, atol=1e-6), f"samples of {path.name}")


def alike(one: object, other: object) -> bool:
    """Whether two cells are one value, or both missing."""
    return one == other or bool(pd.isna(one) and pd.isna(other))


def typed_tables(draws: Draws, folder: Path) -> None:
    import pyarrow as pa
    from pyarrow import feather, parquet

    rows = int(draws.integers(1, 30))
    makers: dict[str, Callable[[], object]] = {
        "number": lambda: draws.normal(size=rows),
        "small": lambda: draws.normal(size=rows).astype(np.float32),
        "whole": lambda: draws.integers(-(2**60), 2**60, rows),
        "gaps": lambda: pa.array([None if v < 0.3 else int(9 * v) for v in draws.random(rows)], pa.int16()),
        "text": lambda: pa.array(
            [None if v < 0.2 else str(draws.choice(["red", "", "é", "NA"])) for v in draws.random(rows)]
        ),
        "category": lambda: pa.array([str(v) for v in draws.choice(["u", "v"], rows)]).dictionary_encode(),
        "level": lambda: pa.array(draws.integers(0, 3, rows)).dictionary_encode(),
        "truth": lambda: draws.random(rows) < 0.5,
        "nothing": lambda: pa.nulls(rows),
        "day": lambda: pa.array([0] * rows, pa.date32()),
        "list": lambda: pa.array([[1]] * rows),
    }
    odds = np.array([1.0] * 9 + [0.2] * 2)
    names = [
        str(name) for name in draws.choice(list(makers), int(draws.integers(2, 5)), replace=False, p=odds / odds.sum())
    ]
    table = pa.table({name: makers[name]() for name in names})
    path = folder / "t"
    if draws.random() < 0.5:
        parquet.write_table(table, path, row_group_size=int(draws.choice([3, 100])))
    else:
        feather.write_feather(table, path, compression=str(draws.choice(["lz4", "zstd", "uncompressed"])))
    content = bent_bytes(path.read_bytes(), draws)
    path.write_bytes(content)
    found = frame_of(read_columns(path), names[0], (), "t")
    with contextlib.suppress(pa.ArrowException, OSError):
        twin = parquet.read_table(path) if content[:4] == b"PAR1" else feather.read_table(path)
        need(found.columns.tolist() == twin.schema.names and len(found) == len(twin), "form")
        for name in found.columns:
            for one, other in zip(found[name], twin.column(name).to_pylist(), strict=True):
                text = isinstance(one, str) and other is not None
                need(alike(one, str(other) if text else other), f"{name}: {one!r}, {other!r}")


def edge_lists(draws: Draws, folder: Path) -> None:
    sizes = draws.integers(2, 5, int(draws.integers(2, 5)))
    files = {
        "graphs": "graph,label\n" + "".join(f"g{g},{draws.choice(['u', 'v'])}\n" for g in range(len(sizes))),
        "edges": "graph,source,target\n",
        "nodes": "graph,node,a,b\n",
    }
    for g, size in enumerate(sizes):
        pairs = [(v, v + 1) for v in range(size - 1)]
        pairs += [(b, a) for a, b in pairs if draws.random() < 0.3]
        files["edges"] += "".join(f"g{g},{a},{b}\n" for a, b in pairs)
        files["nodes"] += "".join(f"g{g},{v},{draws.normal():.3f},{int(draws.integers(3))}\n" for v in range(size))
    if draws.random() < 0.3:
        del files["nodes"]
    if draws.random() < 0.8:
        which = str(draws.choice(list(files)))
        files[which] = bent(files[which], draws)
    for name, text in files.items():
        put(folder / f"{name}.csv", text)
    raw = read_edges(folder, "class")

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")

    labels, edges = table("graphs"), table("edges")
    need(len(labels) == len(raw.y), "number of graphs")
    need(raw.y.tolist() == pd.factorize(labels["label"], sort=True)[0].tolist(), "labels")
    for g, name in enumerate(labels["graph"]):
        features, found = raw.x[g]
        rows = edges[edges["graph"] == name]
        wanted = {(int(a), int(b)) for a, b in zip(rows["source"], rows["target"], strict=True)}
        wanted |= {(b, a) for a, b in wanted}
        need([tuple(pair) for pair in found.T.tolist()] == sorted(wanted), f"edges of graph {name}")
        if "nodes" in files:
            rows = table("nodes")
            rows = rows[rows["graph"] == name]
            rows = rows.iloc[np.argsort(rows["node"].astype(int).to_numpy())]
            numbers = rows.iloc[:, 2:].to_numpy().astype(np.float64).astype(np.float32)
            need(not numbers.shape[1] or np.array_equal(features, numbers), f"nodes of graph {name}")


def saved_sets(draws: Draws, folder: Path) -> None:
    import pyarrow as pa

    top, names = folder / "set", ["train", "test"][: int(draws.choice([1, 2, 2]))]
    texts = {"dataset_dict.json": json.dumps({"splits": names})}
    kinds = {"a": {"dtype": "int64", "_type": "Value"}, "y": {"names": ["no", "yes"], "_type": "ClassLabel"}}
    streams = {}
    for name in names:
        table = pa.table({"a": draws.integers(0, 99, 6), "y": draws.integers(0, 2, 6)})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        streams[f"{name}/data.arrow"] = sink.getvalue()
        state = {"_data_files": [{"filename": "data.arrow"}], "_fingerprint": "f", "_format_columns": None}
        state |= {"_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": None}
        texts |= {f"{name}/state.json": json.dumps(state), f"{name}/dataset_info.json": json.dumps({"features": kinds})}
    which = str(draws.choice([*texts, *streams]))
    for name, text in texts.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        put(top / name, bent(text, draws) if name == which else text)
    for name, content in streams.items():
        (top / name).write_bytes(bent_bytes(content, draws) if name == which else content)
    splits = read_saved(top)
    need(all(Path(split.what).parent == top for split in splits), "a folder outside")
    from datasets import load_from_disk

    with contextlib.suppress(KeyError, TypeError, AttributeError, ValueError, OSError):  # it wants more than is needed
        wanted = load_from_disk(str(top))
        for split in splits:
            rows = wanted[Path(split.what).name]
            need(split.table.to_pydict() == rows.data.table.to_pydict(), f"rows of {split.what}")


def graphs(draws: Draws, folder: Path) -> None:
    sizes = draws.integers(2, 5, int(draws.integers(2, 5)))
    owner = np.repeat(np.arange(len(sizes)), sizes) + 1
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]]) + 1
    inside = [range(begin, begin + size) for begin, size in zip(first, sizes, strict=True)]
    pairs = [(a, b) for graph in inside for a in graph for b in graph if a < b]
    ties = [pair for pair in pairs if draws.random() < 0.8]
    ties += [(b, a) for a, b in ties]
    files = {
        "A": "".join(f"{a}, {b}\n" for a, b in ties),
        "graph_indicator": "".join(f"{g}\n" for g in owner),
        "graph_labels": "".join(f"{v}\n" for v in draws.integers(0, 2, len(sizes))),
        "node_labels": "".join(f"{v}\n" for v in draws.integers(0, 3, len(owner))),
    }
    which = str(draws.choice(list(files)))
    files[which] = bent(files[which], draws)
    for name, text in files.items():
        put(folder / f"T_{name}.txt", text)
    found = read_tu(folder, "T")
    from torch_geometric.io import read_tu_data

    for name, text in files.items():  # its reader loses a last line without a line end
        put(folder / f"T_{name}.txt", text.rstrip("\n") + "\n")
    if len(found.y) and sum(edges.shape[1] for _, edges in found.x) < 2:
        return  # its reader fails with fewer ties
    whole, slices, _ = read_tu_data(str(folder), "T")
    ties_end = slices["edge_index"].tolist()  # and gives last graphs without edges no entry
    ties_end += ties_end[-1:] * (len(slices["x"]) - len(ties_end))
    need(len(found.y) == len(slices["x"]) - 1, "number of graphs")
    need(found.y.tolist() == whole.y.tolist(), "labels")
    for g, (features, edges) in enumerate(found.x):
        begin, end = (int(v) for v in slices["x"][g : g + 2])
        need(np.array_equal(features, whole.x[begin:end].numpy()), f"nodes of graph {g}")
        begin, end = ties_end[g : g + 2]
        need(np.array_equal(edges, whole.edge_index[:, begin:end].numpy()), f"edges of graph {g}")


def pictures(draws: Draws, folder: Path) -> None:
    for name in ("a", "b"):
        (folder / "set" / name).mkdir(parents=True)
        for i in range(2):
            buffer = io.BytesIO()
            grey = Image.fromarray(draws.integers(0, 256, (8, 8), dtype=np.uint8))
            grey.save(buffer, str(draws.choice(["PNG", "BMP", "GIF"])))
            content = buffer.getvalue() if i else bent_bytes(buffer.getvalue(), draws)
            (folder / "set" / name / f"{i}.png").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of pictures that are odd and yet can be read
        raw = open_dataset(f"folder:{folder / 'set'}(size=8)").load(folder)
        for place, path in enumerate(sorted((folder / "set").rglob("*.png"))):
            with Image.open(path) as picture:
                wanted = np.asarray(picture.convert("RGB").resize((8, 8), Image.Resampling.BILINEAR).convert("L"))
            if raw.x.ndim == 3:
                need(np.array_equal(raw.x[place], wanted), path.name)
    need(raw.y.tolist() == [0, 0, 1, 1], "classes")


KINDS: dict[str, tuple[Callable[[Draws, Path], None], int]] = {  # kind -> (what tries one, its share in a hundred)
    "entries": (entries, 20),
    "seeds": (seeds, 8),
    "records": (records, 18),
    "matrices": (matrices, 6),
    "studies": (studies, 3),
    "baselines": (baselines, 5),
    "histories": (histories, 6),
    "tables": (tables, 10),
    "results folders": (manifests, 4),
    "archives": (archives, 4),
    "sounds": (waves, 4),
    "graph sets": (graphs, 2),
    "pictures": (pictures, 2),
    "folders of sounds": (sounds, 2),
    "typed tables": (typed_tables, 2),
    "edge lists": (edge_lists, 2),
    "saved data sets": (saved_sets, 2),
}


def tried(kind: str, number: int) -> tuple[str, str]:
    """(accepted, refused or the failure, what was said) of one input."""
    draws = np.random.default_rng([number, *kind.encode()])
    with tempfile.TemporaryDirectory() as folder:
        try:
            KINDS[kind][0](draws, Path(folder))
        except InputError as error:
            return ("refused", str(error)) if len(str(error).splitlines()) <= 1 else ("several lines", str(error))
        except Wrong as error:
            return "wrong value", str(error)
        except Exception:
            return "traceback", traceback.format_exc()
    return "accepted", ""


def prove(inputs: int) -> tuple[dict[str, Counter[str]], list[str]]:
    """Try every kind; return kind -> outcome -> count, and what failed."""
    found: dict[str, Counter[str]] = {}
    failures: list[str] = []
    for kind, (_, share) in KINDS.items():
        counts = found[kind] = Counter()
        for number in range(max(1, round(inputs * share / 100))):
            outcome, said = tried(kind, number)
            counts[outcome] += 1
            if outcome not in ("accepted", "refused"):
                failures.append(f"{kind} {number}: {outcome}: {said}")
    return found, failures


def page(found: dict[str, Counter[str]]) -> str:
    """Write the proof as Markdown."""
    names = ("accepted", "refused", "traceback", "wrong value", "several lines")
    rows = [(kind, sum(counts.values()), *(counts[name] for name in names)) for kind, counts in found.items()]
    total = ("all", *(sum(row[i] for row in rows) for i in range(1, len(names) + 2)))
    head = ["kind", "tried", *names]
    rule = ["---", *["---:"] * (len(head) - 1)]
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, rule, *rows, total)]
    return "\n".join(["# Inputs that strangers might give", "", *__doc__.split("\n\n")[1].splitlines(), "", *lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=30_000)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    found, failures = prove(asked.inputs)
    text = page(found)
    print("\n\n".join([text, *failures[:20]]))
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
