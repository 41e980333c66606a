"""Names to objects: a method, dataset or probe is a file name in a folder, a module path, or ``./file.py``.

There is no registry. Listing reads files without importing them; resolving imports the one named.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import hashlib
import importlib
import importlib.util
import inspect
import json
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mixsuite.errors import InputError, unknown
from mixsuite.spec import Call, Params, parse_call

if TYPE_CHECKING:
    from pydantic import TypeAdapter

METHODS = "mixsuite.mixing.methods"
DATASETS = "mixsuite.domains.datasets"
PROBES = "mixsuite.robustness.probes"
_HERE = Path(__file__).parent
_OUTSIDE = "_mixsuite_file_"  # how the modules of outsiders' files are named


def folder(package: str) -> Path:
    """The folder of one of the suite's own packages."""
    return _HERE.joinpath(*package.split(".")[1:])


def names(package: str) -> list[str]:
    """What a package offers, by file name, without importing any of it."""
    return sorted(p.stem for p in folder(package).glob("*.py") if not p.stem.startswith("_"))


def source_path(package: str, call: Call) -> Path:
    """The file that a name, module path or path stands for.

    Raises:
        InputError: no such name or file; a file whose name a built-in one has already.
    """
    own = names(package)
    what = package.rsplit(".", 1)[1].removesuffix("s")
    if call.name.partition(":")[0] in own:
        return folder(package) / f"{call.name.partition(':')[0]}.py"
    if call.name.endswith(".py"):
        path = Path(call.name)
        if not path.is_file():
            raise InputError(f"{what} file '{call.name}' does not exist")
    elif "." in call.name:
        try:
            spec = importlib.util.find_spec(call.name)
        except (ImportError, ValueError):
            spec = None
        if spec is None or not spec.origin:
            raise InputError(f"{what} module '{call.name}' cannot be found")
        path = Path(spec.origin)
    else:
        raise unknown(what, call.name, own)
    if path.stem in own:
        raise InputError(f"{what} file '{call.name}': '{path.stem}' is a built-in {what}; give the file another name")
    return path.resolve()


def load_class(package: str, path: Path, base: type) -> type:
    """The one subclass of ``base`` that a file defines.

    Raises:
        InputError: the file cannot be imported, or defines none or several.
    """
    own = path.parent == folder(package)
    module = importlib.import_module(f"{package}.{path.stem}") if own else _import_file(path)
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        lines = _class_lines(path)
        listed = ", ".join(f"{c.__name__} (line {lines.get(c.__name__, '?')})" for c in found) or "none"
        raise InputError(f"{path}: must define one subclass of {base.__name__}, defines {listed}")
    if inspect.isabstract(found[0]):
        missing = ", ".join(sorted(getattr(found[0], "__abstractmethods__", ())))
        raise InputError(f"{path}: {found[0].__name__} does not define {missing}")
    return found[0]


def _class_lines(path: Path) -> dict[str, int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node.lineno for node in tree.body if isinstance(node, ast.ClassDef)}


def own_line(error: BaseException) -> str:
    """Where an error came from in an outsider's file: ", FILE, line N", or "" where it came from none."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OUTSIDE):
            lines.append(f", {code.co_filename}, line {trace.tb_lineno}")
        trace = trace.tb_next
    return lines[-1] if lines else ""


def open_one(package: str, entry: str | Call, base: type) -> tuple[str, Any, Path]:
    """(name, object, file) of an entry such as ``mixup(alpha=0.4)`` or ``./mine.py``.

    Raises:
        InputError: no such name, file or parameter, or a file that is not one plugin.
    """
    call = parse_call(entry) if isinstance(entry, str) else entry
    path = source_path(package, call)
    what = package.rsplit(".", 1)[1].removesuffix("s")
    return path.stem, instantiate(load_class(package, path, base), call, what), path


def _import_file(path: Path) -> ModuleType:
    # The name carries path and content, so that an edited file is imported anew in a live process. The source
    # is compiled here: Python's own cache goes by size and second, and would miss a quick edit.
    source = path.read_bytes()
    name = f"{_OUTSIDE}{path.stem}_{hashlib.sha256(str(path).encode() + source).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        where = _line_in(path, error)
        said = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
        raise InputError(f"{path}{where}: cannot be imported: {type(error).__name__}: {said}") from error
    return module


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


def _either(adapter: TypeAdapter[Any], value: Any) -> Any:
    from pydantic import ValidationError

    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        if isinstance(value, int | float) and not isinstance(value, bool):
            with contextlib.suppress(ValidationError):
                return adapter.validate_python(str(value), strict=True)
        raise error


def _checked(what: str, call: Call, hints: dict[str, Any]) -> dict[str, Any]:
    """The call's parameters, converted to the annotated types.

    Raises:
        InputError: an unknown parameter, or a value that its type does not take.
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    values = {}
    for key, value in call.params:
        if key not in hints:
            raise unknown(f"parameter of {what} '{call.name}'", key, hints)
        try:
            hint = hints[key]
            config = None if dataclasses.is_dataclass(hint) else ConfigDict(allow_inf_nan=False)
            adapter: TypeAdapter[Any] = TypeAdapter(hint, config=config)
            # version=3 may be written for version="3": a number stands for its text where only text fits.
            values[key] = _either(adapter, value)
        except ValidationError as error:
            raise InputError(f"{call}: {key}={value!r}: {error.errors()[0]['msg'].lower()}") from None
    return values


def usage(name: str, cls: type) -> str:
    """How an entry of a class is written: ``name``, or ``name:VALUE`` where it has such parameters."""
    arguments: tuple[str, ...] = getattr(cls, "arguments", ())
    return ":".join([name, *map(str.upper, arguments)])


def needs_arguments(cls: type) -> bool:
    """Whether an entry has to name something, as a file has to be named for csv:PATH:TARGET."""
    absent = dataclasses.MISSING
    return any(f.init and f.default is absent and f.default_factory is absent for f in dataclasses.fields(cls))


def _spelled_out(cls: type, call: Call) -> Call:
    """``name:VALUE(...)`` as ``name(parameter=VALUE, ...)``, for classes that say which parameter."""
    name, colon, rest = call.name.partition(":")
    if not colon or name.endswith(".py"):
        return call
    known: tuple[str, ...] = getattr(cls, "arguments", ())
    given = rest.split(":")
    if len(given) != len(known) or not all(given):
        raise InputError(f"'{call.name}': write {usage(name, cls)}")
    return Call(name, (*zip(known, given, strict=True), *call.params))


def instantiate(cls: type, call: Call, what: str) -> Any:
    """An object of a frozen dataclass with the call's parameters.

    Raises:
        InputError: an unknown parameter, a wrong type, or a value that the class refuses.
    """
    if not dataclasses.is_dataclass(cls) or (
        "__dataclass_fields__" not in vars(cls) and vars(cls).get("__annotations__")
    ):
        raise InputError(f"{what} '{call.name}': write @dataclass(frozen=True) above class {cls.__name__}")
    call = _spelled_out(cls, call)
    if needs_arguments(cls) and not call.params:
        raise InputError(f"'{call}': write {usage(call.name, cls)}")
    try:
        types = typing.get_type_hints(cls, include_extras=True)
    except Exception as error:
        raise InputError(f"{what} '{call.name}': its annotations cannot be read: {error}") from None
    fields = [f for f in dataclasses.fields(cls) if f.init]
    hints = {f.name: types[f.name] for f in fields}
    # Defaults pass the same door: of `gain: float = 1` the value is 1.0, written out or not.
    defaults = Call(call.name, tuple((f.name, f.default) for f in fields if f.default is not dataclasses.MISSING))
    try:
        made = cls(**(_checked(what, defaults, hints) | _checked(what, call, hints)))
        json.dumps(every_parameter(made), allow_nan=False)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{call}: {' '.join(str(error).split()) or type(error).__name__}") from None
    return made


def bind(builder: Callable[..., Any], call: Call, what: str, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """A function's keyword parameters from a call; those in ``given`` are the caller's own.

    Raises:
        InputError: an unknown parameter or a wrong type.
    """
    hints = typing.get_type_hints(builder, include_extras=True)
    own = {k: hints[k] for k in inspect.signature(builder).parameters if k not in given}
    return _checked(what, call, own)


def sources(cls: type) -> tuple[Path, ...]:
    """The files that a plugin's class is made of: its own, those it inherits from, and the helpers
    (``_name.py``) that lie beside the built-in ones."""
    files = []
    for base in cls.__mro__:
        module = sys.modules.get(base.__module__)
        if module is not None and base.__module__.startswith((METHODS, DATASETS, PROBES, _OUTSIDE)):
            files.append(Path(str(module.__file__)))
    helpers = [p for f in files for p in f.parent.glob("_[!_]*.py") if f.parent.parent.parent == _HERE]
    return tuple(dict.fromkeys([*files, *sorted(helpers)]))


def every_parameter(instance: Any) -> Params:
    """All fields of a dataclass object: its own class's first, then what it inherits."""
    own = vars(type(instance)).get("__annotations__", {})
    names = sorted((f.name for f in dataclasses.fields(instance)), key=lambda name: name not in own)
    return tuple((name, getattr(instance, name)) for name in names)


def shown(name: str, instance: Any) -> str:
    """``name(non-default parameters)``, the name in every table."""
    defaults = {f.name: f.default for f in dataclasses.fields(instance)}
    leading: tuple[str, ...] = getattr(instance, "arguments", ())
    name = ":".join([name, *(str(getattr(instance, key)) for key in leading)])
    changed = tuple((k, v) for k, v in every_parameter(instance) if v != defaults[k] and k not in leading)
    return str(Call(name, changed))


def describe(package: str) -> list[dict[str, Any]]:
    """Everything in a package, by reading source: "name", "about" (the class docstring's first paragraph), "module"
    (the file's), "params" (name -> as written, those of a base class beside it included), and class literals."""
    return [_describe_file(folder(package) / f"{name}.py") for name in names(package)]


def _describe_file(path: Path) -> dict[str, Any]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # A file may have helper classes; the plugin's own is the last dataclass.
    (*_, cls) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.decorator_list)
    literals = _inherited(tree, cls, path)
    params: dict[str, str] = literals.pop("params", {})
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = node.value
            if isinstance(value, ast.Call):  # field(default=..., kw_only=True)
                value = next((k.value for k in value.keywords if k.arg == "default"), None)
            default = f" = {ast.unparse(value)}" if value else ""
            params[node.target.id] = f"{node.target.id}: {ast.unparse(node.annotation)}{default}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                literals[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    module, about = (" ".join((ast.get_docstring(node) or "").split("\n\n")[0].split()) for node in (tree, cls))
    return {**literals, "name": path.stem, "params": params, "about": about or module, "module": module}


def _inherited(tree: ast.Module, cls: ast.ClassDef, path: Path) -> dict[str, Any]:
    """What a class has from one that lies beside it (mixup, of which others are a kind)."""
    bases = {base.id for base in cls.bases if isinstance(base, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and bases & {alias.name for alias in node.names}:
            beside = path.with_name(f"{node.module.rsplit('.', 1)[-1]}.py")
            if beside.is_file():
                return _describe_file(beside)
    return {}
