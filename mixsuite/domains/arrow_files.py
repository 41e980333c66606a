"""Read files of the Arrow project: Parquet, Feather (version 2, the IPC file) and IPC streams.

They are read for their columns alone. What pandas and others have put beside the columns is not looked at, and nothing
in a file is executed. Columns are checked in full, because their readers trust offsets and texts.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixsuite.errors import InputError

_GROWTH, _SMALL = 1000, 10**9  # ours: cells take at most so many times a file's size, and so many bytes more
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"  # Arrow's format, "IPC Streaming Format"


def read_columns(path: Path) -> Any:
    """Read a Parquet or Feather file, told apart by how it begins, as a pyarrow.Table.

    Raises:
        InputError: the file is neither, is damaged, or unpacks to far more than its size.
    """
    content = _content(path)
    if content[:4] == b"PAR1":
        return _read(path, _parquet, content, "Parquet")
    if content[:6] == b"ARROW1":
        return _read(path, _feather, content, "Feather")
    hint = ""
    if content[:4] == b"FEA1":
        hint = "; it is of Feather's version 1: write it anew with version 2"
    elif path.suffix.lower() in (".csv", ".tsv", ".txt"):
        hint = "; for a text file write csv:PATH:TARGET"
    raise InputError(f"{path}: does not begin as a Parquet or Feather file does (PAR1 or ARROW1){hint}")


def read_stream(path: Path) -> Any:
    """Read a file with one IPC stream, as a pyarrow.Table.

    Raises:
        InputError: the file is none, is damaged, or ends before the stream does.
    """
    content = _content(path)
    if not content.endswith(_STREAM_END):
        raise InputError(f"{path}: cannot be read as a stream file: it has no end, so it is cut off or another file")
    return _read(path, _stream, content, "stream")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _read(path: Path, reader: Callable[[Path, bytes], Any], content: bytes, what: str) -> Any:
    import pyarrow as pa

    try:
        table = reader(path, content)
        table.validate(full=True)
        table.schema.names  # noqa: B018  # texts that are none fail here
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise InputError(f"{path}: cannot be read as a {what} file: {' '.join(str(error).split())[:300]}") from None
    return table


def _parquet(path: Path, content: bytes) -> Any:
    """Read a Parquet file.

    Texts stay as codes and a list of texts, so that a few long ones in many rows take little memory. Categories of
    numbers would come as numbers: what the writer called a dictionary is made one again.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(content)) as file:
        schema, groups, metadata = file.schema_arrow, file.metadata.num_row_groups, file.metadata.metadata
        rows = sum(file.metadata.row_group(group).num_rows for group in range(groups))
        if rows != file.metadata.num_rows or rows < 0:
            raise InputError(f"{path}: damaged: {file.metadata.num_rows} rows, but {rows} in its parts")
    if 8 * rows * len(schema) > _GROWTH * len(content) + _SMALL:
        raise InputError(f"{path}: {rows} rows of {len(schema)} columns in {len(content)} bytes; refused")
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts) as file:
        table = file.read(use_threads=False)
    if len(table) != rows:
        raise InputError(f"{path}: damaged: {len(table)} rows, {rows} promised")
    categories = {field.name for field in _written_schema(metadata or {}) if pa.types.is_dictionary(field.type)}
    for place, field in enumerate(table.schema):
        if field.name in categories and not pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).dictionary_encode())
    return table


def _written_schema(metadata: dict[bytes, bytes]) -> Any:
    """The schema that Arrow's own writer leaves in a Parquet file; without columns where another one wrote it."""
    import pyarrow as pa

    kept = metadata.get(b"ARROW:schema")
    return pa.ipc.read_schema(pa.BufferReader(base64.b64decode(kept))) if kept else pa.schema([])


def _feather(_: Path, content: bytes) -> Any:
    import pyarrow as pa

    with pa.ipc.open_file(pa.BufferReader(content), options=pa.ipc.IpcReadOptions(use_threads=False)) as reader:
        return reader.read_all()


def _stream(_: Path, content: bytes) -> Any:
    import pyarrow as pa

    with pa.ipc.open_stream(pa.BufferReader(content), options=pa.ipc.IpcReadOptions(use_threads=False)) as reader:
        return reader.read_all()
