"""Load a plugin's class by a built-in name, ``./file.py``, ``package.module`` or an entry point.

This module finds and loads every kind of plugin. Finding a plugin imports nothing; loading it imports its file.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from mixsuite.errors import InputError, unknown
from mixsuite.plugins.bind import display_name, instantiate
from mixsuite.plugins.entry import Call, parse_call
from mixsuite.plugins.guard import guarded
from mixsuite.plugins.kinds import KINDS, PACKAGE, Kind, builtin_files
from mixsuite.plugins.source import closure, local_file

_LOOSE = "_mixsuite_file_"  # prefix of the module name of a file that is loaded by its path


@dataclass(frozen=True)
class Source:
    """Where a plugin is.

    name:    its name in tables, from the built-in plugin or the outside file.
    path:    its file.
    address: an absolute path or a module's name, by which another process loads it again; None if it is built in.
    """

    name: str
    path: Path
    address: str | None = None


@dataclass(frozen=True)
class Plugin:
    """A plugin with its parameters bound.

    source:       where it is.
    instance:     the object, with its parameters.
    display_name: its name in tables, ``name(non-default parameters)``.
    """

    source: Source
    instance: Any
    display_name: str

    @property
    def name(self) -> str:
        """Its name in tables, without parameters."""
        return self.source.name


def find(kind: Kind, name: str) -> Source:
    """Find the plugin of a name. This imports nothing but the parents of a ``package.module``.

    Raises:
        InputError: there is no such name, file or module, or an outside plugin has the name of a built-in one.
    """
    own = builtin_files(kind)
    bare = name.partition(":")[0]
    if bare in own:
        return Source(bare, own[bare])
    source = _outside(kind, name)
    if source is None:
        raise unknown(kind.name, name, {*own, *_declared(kind)})
    if source.name in own:
        raise InputError(
            f"{kind.name} file '{name}': '{source.name}' is a built-in {kind.name}; give the file another name"
        )
    return source


def _outside(kind: Kind, name: str) -> Source | None:
    if name.endswith(".py"):
        path = Path(name)
        if not path.is_file():
            raise InputError(f"{kind.name} file '{name}' does not exist")
        return Source(path.stem, path.resolve(), str(path.resolve()))
    declared = _declared(kind)
    if name.partition(":")[0] in declared:
        bare = name.partition(":")[0]
        return Source(bare, _module_file(kind, declared[bare]), declared[bare])
    if "." in name:
        return Source(name.rpartition(".")[2], _module_file(kind, name), name)
    return None


def _declared(kind: Kind) -> dict[str, str]:
    """Map the names that installed packages declare for a kind to their module (or module:class)."""
    return {point.name: point.value for point in entry_points(group=kind.group)}


def _module_file(kind: Kind, address: str) -> Path:
    module = address.partition(":")[0]
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise InputError(f"{kind.name} module '{module}' cannot be found")
    return Path(spec.origin)


def source_of(kind: Kind, name: str, address: str | None) -> Source:
    """Find a plugin again by the name and address of its source.

    Raises:
        InputError: it is no longer there.
    """
    if address is None:
        own = builtin_files(kind)
        if name not in own:
            raise unknown(kind.name, name, own)
        return Source(name, own[name])
    path = Path(address) if address.endswith(".py") else _module_file(kind, address)
    return Source(name, path, address)


def load_class(kind: Kind, source: Source, base: type) -> type:  # noqa: ARG001 (kind comes first in every loader)
    """Load the one subclass of ``base`` that a plugin's file defines, or that its entry point names.

    Raises:
        InputError: the file cannot be imported, or defines no such class, several, or an abstract one.
    """
    module = _module(source)
    _, colon, attribute = (source.address or "").partition(":") if _is_module(source) else ("", "", "")
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if colon:
        classes = [cls for cls in classes if cls.__name__ == attribute]
    if len(classes) != 1:
        lines = _class_lines(source.path)
        listed = ", ".join(f"{c.__name__} (line {lines.get(c.__name__, '?')})" for c in classes) or "none"
        raise InputError(f"{source.path}: must define one subclass of {base.__name__}, defines {listed}")
    if inspect.isabstract(classes[0]):
        missing = ", ".join(sorted(getattr(classes[0], "__abstractmethods__", ())))
        raise InputError(f"{source.path}: {classes[0].__name__} does not define {missing}")
    return classes[0]


def load_plugin(kind: Kind, entry: str | Call, base: type) -> Plugin:
    """Load the plugin of an entry such as ``mixup(alpha=0.4)`` or ``./mine.py``.

    Raises:
        InputError: there is no such name, file or parameter, or the file does not define exactly one plugin.
    """
    call = entry if isinstance(entry, Call) else parse_call(entry)
    source = find(kind, call.name)
    instance = instantiate(load_class(kind, source, base), call, kind.name)
    return Plugin(source, instance, display_name(source.name, instance))


def _class_lines(path: Path) -> dict[str, int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node.lineno for node in tree.body if isinstance(node, ast.ClassDef)}


def _is_module(source: Source) -> bool:
    return source.address is not None and not source.address.endswith(".py")


def _module(source: Source) -> ModuleType:
    """Import a plugin's module.

    Raises:
        InputError: it cannot be imported; the message names the line.
    """
    if source.address is not None and source.address.endswith(".py"):
        return _import_file(source.path)
    if source.address is None:
        return importlib.import_module(".".join(("mixsuite", *source.path.relative_to(PACKAGE).with_suffix("").parts)))
    try:
        with guarded():
            return importlib.import_module(source.address.partition(":")[0])
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _not_importable(source.path, error) from error


def _import_file(path: Path) -> ModuleType:
    """Import a file as a module, named after its path and content.

    With such a name, a running process imports an edited file anew. The source is compiled here, because Python's own
    cache compares size and time in seconds, and would miss a quick edit.
    """
    source = path.read_bytes()
    name = f"{_LOOSE}{path.stem}_{hashlib.sha256(str(path).encode() + source + _local_bytes(path)).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    vars(module)["__builtins__"] = vars(builtins) | {"__import__": _importer(path.parent)}
    sys.modules[name] = module
    try:
        with guarded():
            exec(compile(source, str(path), "exec"), vars(module))
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise error if isinstance(error, InputError) else _not_importable(path, error) from error
    return module


def _local_bytes(path: Path) -> bytes:
    """The content of the files in its folder that a file imports, directly or indirectly."""
    try:
        beside = [file for file in closure([path]) if file != path and PACKAGE not in file.parents]
    except (SyntaxError, ValueError):
        return b""  # not Python: the import reports it
    return b"".join(file.read_bytes() for file in beside)


def _importer(folder: Path) -> Any:
    """An ``import`` function with which a file finds the modules in its own folder first, as a script does.

    They are loaded by path too, so two folders may each have a ``helper.py``, and an edited one is loaded anew.
    """

    def import_(name: str, globals_: Any = None, locals_: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        path = local_file(name if fromlist else name.partition(".")[0], folder)
        if path is not None:
            return _import_file(path)
        if not level:
            return builtins.__import__(name, globals_, locals_, fromlist, level)
        holder = ModuleType("beside")  # from . import helper
        for item in (name,) if name else fromlist:
            file = local_file(item, folder)
            if file is None:
                raise ImportError(f"there is no {item}.py beside this file", name=item)
            setattr(holder, item, _import_file(file))
        return holder

    return import_


def _not_importable(path: Path, error: BaseException) -> InputError:
    message = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    where = _line_in(path, error)
    return InputError(f"{path}{where}: cannot be imported: {type(error).__name__}: {message}")


def _line_in(path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f", line {lines[-1]}" if lines else ""


def user_code_location(error: BaseException) -> str:
    """Where in an outside file an error arose: ", FILE, line N", or "" if it arose in none."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_LOOSE):
            lines.append(f", {code.co_filename}, line {trace.tb_lineno}")
        trace = trace.tb_next
    return lines[-1] if lines else ""


def told(error: BaseException, most: int | None = None) -> str:
    """What an error says, in one line, and where in an outside file it arose. most: characters of its message."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:most]}{user_code_location(error)}"


def resolve_path(entry: str, folder: Path) -> str:
    """Resolve the relative path in an entry such as ``./gan.py(alpha=1)`` against a folder; other entries stay."""
    return str((folder / entry[2:]).resolve()) if entry.startswith("./") and ".py" in entry else entry


def kind_named(name: str) -> Kind:
    """The kind with a plural name, such as "methods".

    Raises:
        InputError: there is no such kind.
    """
    kinds = {f"{kind.name}s": kind for kind in KINDS}
    if name not in kinds:
        raise unknown("kind of plugin", name, kinds)
    return kinds[name]
