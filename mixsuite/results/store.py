"""The data root: list, check and fetch data sets. A fetch that fails leaves nothing half done."""

from __future__ import annotations

import contextlib
import lzma
import os
import shutil
import stat
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset
from mixsuite.domains.build import make_data
from mixsuite.domains.network import checked_network
from mixsuite.errors import InputError
from mixsuite.experiment.build import load_parts
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_task
from mixsuite.plugins.bind import display_name, needs_arguments, usage
from mixsuite.plugins.entry import parse_entry
from mixsuite.plugins.guard import guarded
from mixsuite.plugins.kinds import DATASET, builtin_files
from mixsuite.plugins.load import Source, load_class, load_plugin, told
from mixsuite.results.oddities import oddities

_PARTS = {"train": "training", "valid": "validation", "test": "test"}
_BLOCK = 4096  # bytes that any file takes on a disk, an empty one too
_GROWTH, _SMALL = 100, 50_000_000  # an archive unpacks to at most so many times its size, and so many bytes more
_PART = ".part-"  # prefix of the folders that a fetch works in; the next fetch removes what a killed one left


@dataclass(frozen=True)
class Item:
    """The state of one data set.

    state: "shipped" (inside a package), "here", "missing", or "yours" (any file that an entry names).
    files: number of files.
    size:  bytes on disk.
    note:  a description of its rows, if they were read.
    """

    name: str
    state: str
    files: int
    size: int
    licence: str
    source: str
    note: str = ""


def open_dataset(text: str) -> Dataset:
    """Open a data set by its entry, ``name(...)`` or ``name:VALUE``.

    Raises:
        InputError: no such data set or parameter.
    """
    dataset: Dataset = load_plugin(DATASET, parse_entry(text)[0], Dataset).instance
    return dataset


def _item(name: str, dataset: Dataset, root: Path) -> Item:
    files = dataset.files(root)
    there = [path for path in files if path.is_file()]
    inside = all(root in path.parents for path in files)
    state = "missing" if len(there) < len(files) else "here" if inside and files else "shipped"
    size = sum(path.stat().st_size for path in there)
    return Item(name, state, len(files), size, type(dataset).licence, type(dataset).source)


def list_items(root: Path) -> list[Item]:
    """List every built-in data set; a family (tu:NAME) is listed by its default member."""
    items = []
    for name, path in builtin_files(DATASET).items():
        cls: type[Dataset] = load_class(DATASET, Source(name, path), Dataset)
        if needs_arguments(cls):
            items.append(Item(usage(name, cls), "yours", 0, 0, cls.licence, cls.source))
            continue
        dataset = open_dataset(name)
        items.append(_item(display_name(name, dataset), dataset, root))
    return items


def verify(text: str, root: Path, matrix: str = "quick") -> Item:
    """Check a data set's files against their checksums, read them once, and split and encode the rows for seed 0.

    Args:
        text: the data set's entry.
        root: the data root.
        matrix: the matrix in which recipes that are not shipped are looked up.

    Raises:
        InputError: files are missing, damaged or not readable, or the rows cannot be trained on.
    """
    dataset = open_dataset(text)
    task = resolve_task(text, load_matrix(matrix))
    dataset.fingerprint(root)
    try:
        with guarded():
            raw = dataset.load(root)
        named = load_parts(task)
        data = make_data(named.domain, dataset, raw, 0)
        checked_network(named.model, data, dict(task.recipe)["model"], named.weights)
        again = raw.digest if dataset.files(root) else dataset.load(root).digest
    except InputError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a loader may fail in any way, or end the process
        reason = told(error)
        raise InputError(f"{text}: its rows cannot be read: {reason}") from error
    if again != raw.digest:
        raise InputError(f"{text}: load() gives other rows at every call; draw them from a seed of its own")
    what = f"{data.classes} classes" if data.kind == "class" else data.kind
    parts = ", ".join(f"{len(getattr(data, part)):,} {name}" for part, name in _PARTS.items())
    what_is_odd = "".join(f"; look at this: {text}" for text in oddities(dataset, raw, data))
    note = f"{len(raw.y):,} rows ({parts} for seed 0), {what}, recipe {task.recipe_name}{_columns(raw)}{what_is_odd}"
    return replace(_item(text, dataset, root), note=note)


def _columns(raw: Raw) -> str:
    """Describe a table's columns: how each is read, and how many values are missing."""
    if not hasattr(raw.x, "columns"):
        return ""
    from pandas.api.types import is_numeric_dtype

    kinds: dict[str, list[str]] = {"numbers": [], "categories": []}
    for name in raw.x.columns:
        missing, number = int(raw.x[name].isna().sum()), is_numeric_dtype(raw.x[name])
        words = [] if number else [f"{raw.x[name].nunique()} values"]
        words += [f"{missing} missing"] if missing else []
        kinds["numbers" if number else "categories"].append(f"{name} ({', '.join(words)})" if words else str(name))
    shown = {kind: names[:12] + ["..."] * (len(names) > 12) for kind, names in kinds.items() if names}
    return "".join(f"; {len(kinds[kind])} {kind}: {', '.join(names)}" for kind, names in shown.items())


@contextlib.contextmanager
def _workplace(root: Path) -> Iterator[Path]:
    """Make a temporary folder beside the data, and remove it whatever happens."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        for stale in root.glob(f"{_PART}*"):
            shutil.rmtree(stale, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_PART, dir=root))
    except OSError as error:
        raise InputError(f"--data {root}: cannot be written to: {error.strerror}") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def get(text: str, root: Path, archive: Path | None = None, watch: Callable[[int], None] = lambda size: None) -> Item:
    """Bring a data set into the data root: download it by its loader, or unpack an archive.

    The files are checked in a temporary folder before they are moved into place.

    Args:
        text: the data set's entry.
        root: the data root.
        archive: a .zip or .tar file to unpack instead of downloading.
        watch: called with the bytes so far, about four times a second.

    Raises:
        InputError: no download, no network, a damaged or unsafe archive, other files than expected, or an archive for
            a data set that is there.
    """
    dataset = open_dataset(text)
    if _is_whole(dataset, root):
        if archive is not None:
            raise InputError(f"{text} is in the data root already, whole; {archive} was not looked at")
        return _item(text, dataset, root)
    with _workplace(root) as folder:
        if archive is not None:
            unpack(archive, folder)
        else:
            _fetch(dataset, folder, watch, dataset.missing(dataset.files(root)[0]))
        dataset.fingerprint(folder)
        verify(text, folder)  # before anything is moved: a bad archive leaves nothing
        for path in dataset.files(folder):
            target = root / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)
    return verify(text, root)


def _is_whole(dataset: Dataset, root: Path) -> bool:
    try:
        dataset.fingerprint(root)
    except InputError:
        return False
    return True


def _fetch(dataset: Dataset, folder: Path, watch: Callable[[int], None], missing: str) -> None:
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.25):
            watch(_size(folder))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        dataset.fetch(folder)
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the download failed ({type(error).__name__}: {reason}); {missing}") from None
    finally:
        done.set()
        watcher.join()


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip or .tar(.gz, .xz, .bz2) into an empty folder.

    Raises:
        InputError: the file is no archive, damaged or encrypted, holds a link, a device or a name that leads out of the
            folder, or grows by more than data do.
    """
    if not archive.is_file():
        raise InputError(f"archive '{archive}' does not exist")
    left = _GROWTH * archive.stat().st_size + _SMALL
    try:
        for name, file in _members(archive):
            target = _inside(archive, folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with file, target.open("xb") as out:
                left = _less(left, _BLOCK, archive)
                while part := file.read(2**20):
                    left = _less(left, len(part), archive)
                    out.write(part)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        zlib.error,
        lzma.LZMAError,
    ) as error:  # a RuntimeError is zipfile's for encrypted files, NotImplementedError among them
        raise InputError(
            f"{archive}: damaged, or no archive: {type(error).__name__}: {' '.join(str(error).split())}"
        ) from None


def _less(left: int, size: int, archive: Path) -> int:
    if left < size:
        raise InputError(f"{archive}: unpacks to over {_GROWTH} times its size; refused")
    return left - size


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and opened content of each file in an archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as z:
            for info in z.infolist():
                if not info.is_dir():
                    if stat.S_ISLNK(info.external_attr >> 16):
                        raise InputError(f"{archive}: '{info.filename}' is a link; refused")
                    yield info.filename, z.open(info)
        return
    with tarfile.open(archive) as t:
        for member in t:
            if not (member.isfile() or member.isdir()):
                raise InputError(f"{archive}: '{member.name}' is a link or device; refused")
            file = t.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name, file


def _inside(archive: Path, folder: Path, name: str) -> Path:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
        raise InputError(f"{archive}: '{name}' leads out of the folder; refused")
    return folder / path
