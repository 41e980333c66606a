"""Identify code by its meaning: the files that belong to a piece of code, and a hash of their tokens.

A file's hash covers its tokens without comments, docstrings and layout. The imports of a piece of code tell which files
belong to it: those of this package, of an outsider's package, or of the folder of a loose file. No hash contains a
module's path, so moving code changes nothing. The hash is the same on every supported Python.
"""

from __future__ import annotations

import ast
import hashlib
import io
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

from mixsuite.plugins.kinds import PACKAGE

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
_NEVER_LOCAL = {*sys.stdlib_module_names, "mixsuite"}
_Place = tuple[int, int]  # a line, and a column in bytes, as ast counts them


@dataclass(frozen=True)
class _Territory:
    """The files whose imports are followed: those below ``root``.

    Modules are imported as ``prefix.a.b``, or as ``a`` where the prefix is "" (the folder of a loose file).
    """

    root: Path
    prefix: str

    def module(self, path: Path) -> tuple[str, ...]:
        """The dotted parts of a file's module name."""
        parts = path.relative_to(self.root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        return (self.prefix, *parts) if self.prefix else parts

    def file(self, parts: tuple[str, ...]) -> Path | None:
        """The file of a module, or None if it lies outside this territory."""
        if self.prefix:
            if not parts or parts[0] != self.prefix:
                return None
            parts = parts[1:]
        elif not parts or parts[0] in _NEVER_LOCAL:
            return None
        base = self.root.joinpath(*parts)
        if parts and base.with_suffix(".py").is_file():
            return base.with_suffix(".py")
        return base / "__init__.py" if (base / "__init__.py").is_file() else None


_SUITE = _Territory(PACKAGE, "mixsuite")


def _home(territory: _Territory, module: tuple[str, ...]) -> _Territory:
    """The territory in which to look for a module: mixsuite's modules are found from everywhere."""
    return _SUITE if module[:1] == (_SUITE.prefix,) else territory


def _territory(path: Path) -> _Territory:
    if PACKAGE in path.parents:
        return _SUITE
    top = None
    folder = path.parent
    while (folder / "__init__.py").is_file():
        top, folder = folder, folder.parent
    return _Territory(path.parent, "") if top is None else _Territory(top, top.name)


def local_file(module: str, folder: Path) -> Path | None:
    """The file of a module in a loose file's folder, or None if it is installed or in the standard library."""
    return _Territory(folder, "").file(tuple(module.split("."))) if module else None


@dataclass(frozen=True)
class _File:
    """What one reading of a source file gives.

    tokens:  hash of its tokens; imports from its own territory and from mixsuite count only by the names they bind.
    imports: its imports from its own territory and from mixsuite, (module's parts, name or None).
    exports: name -> the import that binds it, at the file's top level.
    """

    tokens: str
    imports: tuple[tuple[tuple[str, ...], str | None], ...]
    exports: dict[str, tuple[tuple[str, ...], str]]


def token_hash(text: str) -> str:
    """Hash the tokens of a source text without comments, docstrings and layout, in 16 hex digits.

    Raises:
        SyntaxError: the text is not Python.
    """
    return _hash_tokens(text, _docstrings(ast.parse(text)))


def _hash_tokens(text: str, left_out: set[_Place], names: Iterable[str] = ()) -> str:
    state = hashlib.sha256()
    for name in sorted(names):
        state.update(f"import {name}\n".encode())
    for token in _tokens(text, left_out):
        state.update(token.encode() + b"\0")
    return state.hexdigest()[:16]


def _tokens(text: str, left_out: set[_Place]) -> Iterator[str]:
    """The tokens as text, without the statements that begin at a place in ``left_out``.

    Each level of indentation is one mark.
    """
    lines = list(io.StringIO(text))  # as Python counts lines: a form feed does not end one
    starts = {(line, len(lines[line - 1].encode()[:column].decode())) for line, column in left_out}  # in characters
    dropping, fresh, fstring = False, True, None
    depth = 0
    for kind, string, start, end, _ in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[kind]
        if kind in _LAYOUT:
            continue
        if kind == tokenize.INDENT:
            yield "<indent>"
            continue
        if kind == tokenize.DEDENT:
            yield "<dedent>"
            continue
        if fresh and start in starts:
            dropping = True
        fresh = kind == tokenize.NEWLINE
        if dropping:
            dropping = not fresh and string != ";"
            continue
        # Python 3.12 splits f-strings into tokens, and 3.14 template strings too. They count as raw source, as in 3.11.
        if name in ("FSTRING_START", "TSTRING_START"):
            depth += 1
            fstring = fstring or start
        if fstring is not None:
            if name in ("FSTRING_END", "TSTRING_END"):
                depth -= 1
                if not depth:
                    yield _between(lines, fstring, end)
                    fstring = None
            continue
        yield "<newline>" if fresh else string


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    middle = lines[start[0] : end[0] - 1]
    return "".join([lines[start[0] - 1][start[1] :], *middle, lines[end[0] - 1][: end[1]]])


def _docstrings(tree: ast.AST) -> set[_Place]:
    """The places where docstrings begin."""
    places = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                places.add(_place(first))
    return places


def _read(path: Path) -> _File:
    return _parse(path.read_text(encoding="utf-8"), path)


@cache
def _parse(text: str, path: Path) -> _File:
    tree, territory = ast.parse(text), _territory(path)
    imports: list[tuple[tuple[str, ...], str | None]] = []
    exports: dict[str, tuple[tuple[str, ...], str]] = {}
    names: set[str] = set()
    left_out = _docstrings(tree) | {_place(node) for node in _imports_of_types(tree)}
    for node in _running(tree):
        if isinstance(node, ast.Import):
            modules = [(alias, tuple(alias.name.split("."))) for alias in node.names]
            own = [(alias, module) for alias, module in modules if _home(territory, module).file(module)]
            imports += [(module, None) for _, module in own]
            if own and len(own) == len(node.names):
                left_out.add(_place(node))
                names |= {alias.asname or alias.name.rpartition(".")[2] for alias, _ in own}
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, territory, path)
            if module is None:
                continue
            members = [(module, alias.name) for alias in node.names]
            imports += members
            left_out.add(_place(node))
            names |= {f"{alias.name} as {alias.asname or alias.name}" for alias in node.names}
            exports |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
    return _File(_hash_tokens(text, left_out, names), tuple(imports), exports)


def _absolute(node: ast.ImportFrom, territory: _Territory, path: Path) -> tuple[str, ...] | None:
    """The module that ``from ... import`` names, or None if it belongs neither to the territory nor to mixsuite."""
    parts = tuple(node.module.split(".")) if node.module else ()
    if node.level:
        here = territory.module(path)
        package = here if path.name == "__init__.py" else here[:-1]
        return package[: len(package) - node.level + 1] + parts
    home, names = _home(territory, parts), [alias.name for alias in node.names]
    exists = home.file(parts) or any(home.file((*parts, name)) is not None for name in names)
    return parts if exists else None


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node except those under ``if TYPE_CHECKING``, which never run."""
    for node in ast.iter_child_nodes(tree):
        if _is_for_types(node):
            for other in node.orelse:
                yield other
                yield from _running(other)
            continue
        yield node
        yield from _running(node)


def _imports_of_types(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports under ``if TYPE_CHECKING``."""
    blocks = [node.body for node in ast.walk(tree) if _is_for_types(node)]
    inside = (node for block in blocks for statement in block for node in ast.walk(statement))
    return (node for node in inside if isinstance(node, ast.Import | ast.ImportFrom))


def _is_for_types(node: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING"


def _place(node: ast.stmt) -> _Place:
    return node.lineno, node.col_offset


def closure(roots: Iterable[Path]) -> list[Path]:
    """The files and all that they import from their own package or folder and from mixsuite, sorted.

    Indirect imports count. A name that a package of mixsuite only re-exports leads to the module that defines it.
    """
    todo, files = list(roots), set()
    while todo:
        path = todo.pop()
        if path in files:
            continue
        files.add(path)
        territory = _territory(path)
        for module, name in _read(path).imports:
            todo += _files(_home(territory, module), module, name)
    return sorted(files)


def _files(territory: _Territory, module: tuple[str, ...], name: str | None) -> list[Path]:
    """The files that an import runs and on which a result may depend."""
    if name is not None and (inner := territory.file((*module, name))) is not None:
        return [*_parents(territory, module), inner]
    path = territory.file(module)
    if path is None:
        return []
    if path.name == "__init__.py" and territory == _SUITE:
        exports = _read(path).exports
        if name in exports:
            return _files(territory, *exports[name])
        if name in (None, "*"):  # any re-exported name may be used
            return [path, *(file for passed_on in exports.values() for file in _files(territory, *passed_on))]
    return [*_parents(territory, module), path]


def _parents(territory: _Territory, module: tuple[str, ...]) -> list[Path]:
    """The ``__init__`` files that an outsider's package runs; those of mixsuite only re-export names."""
    if territory.prefix in ("", "mixsuite"):
        return []
    tops = (module[:n] for n in range(1, len(module) + 1))
    return [path for parts in tops if (path := territory.file(parts)) is not None and path.name == "__init__.py"]


def hash_files(paths: Iterable[Path]) -> str:
    """Hash the tokens of files, wherever they lie, in 16 hex digits."""
    return hashlib.sha256("".join(sorted(_read(path).tokens for path in paths)).encode()).hexdigest()[:16]


def content_digest(paths: Iterable[Path]) -> str:
    """Hash the bytes of files in the given order, in 16 hex digits: a quick check whether any file changed."""
    state = hashlib.sha256()
    for path in paths:
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()[:16]
