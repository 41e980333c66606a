"""Names to classes: built-in files, outsiders' files and what lies beside them, packages, entry points, and what is refused."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.paths import TOYS
from support.sources import INTRA_MIX

from mixsuite.errors import InputError
from mixsuite.evaluation import Probe
from mixsuite.mixing import Method
from mixsuite.plugins import load as loading
from mixsuite.plugins.bind import display_name, instantiate
from mixsuite.plugins.entry import parse_call
from mixsuite.plugins.kinds import AUGMENTATION, DATASET, DOMAIN, KINDS, METHOD, PROBE, builtin_files
from mixsuite.plugins.load import (
    Source,
    find,
    kind_named,
    load_class,
    load_plugin,
    resolve_path,
    source_of,
    user_code_location,
)


def load(path):
    return load_class(METHOD, find(METHOD, str(path)), Method)


def test_the_strangers_method_of_the_design_loads_as_it_stands(tmp_path):
    path = tmp_path / "intra_mix.py"
    path.write_text(INTRA_MIX)
    cls = load(path)
    method = instantiate(cls, parse_call("intra_mix(alpha=0.4)"), "method")
    assert (method.alpha, method.site, method.stop) == (0.4, "input", 1.0)
    assert display_name("intra_mix", method) == "intra_mix(alpha=0.4)"


def test_an_edited_file_is_loaded_anew(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX)
    first = load(path)
    path.write_text(INTRA_MIX.replace("alpha: float = 1.0", "alpha: float = 0.5"))
    assert load(path)().alpha == 0.5
    assert first().alpha == 1.0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "must define one subclass of Method, defines none"),
        (INTRA_MIX + INTRA_MIX.split('"""')[2].replace("IntraMix", "Other") + "    plan = IntraMix.plan", "IntraMix"),
        ("def f(:", "line 1: cannot be imported: SyntaxError"),
        ("a = 1\nimport no_such_package", "line 2: cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(0)", "line 1: cannot be imported: SystemExit"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        (INTRA_MIX.split("    def plan")[0], "does not define plan"),
    ],
)
def test_a_file_that_is_no_method_is_refused(tmp_path, source, said):
    path = tmp_path / "mine.py"
    path.write_text(source)
    with pytest.raises(InputError, match=said):
        load(path)


def test_a_module_path_works():
    source = find(METHOD, "mixsuite.mixing.engine")
    assert (source.name, source.path.name, source.address) == ("engine", "engine.py", "mixsuite.mixing.engine")


def test_a_built_in_name_is_found_without_importing_it():
    source = find(METHOD, "mixup")
    assert source == Source("mixup", builtin_files(METHOD)["mixup"], None)
    assert find(DATASET, "csv:a.csv:y").name == "csv"
    assert load_class(METHOD, source, Method).__module__ == "mixsuite.mixing.methods.mixup"


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        (METHOD, "mixpu", "unknown method 'mixpu'; did you mean 'mixup'?"),
        (PROBE, "fgms", "unknown probe 'fgms'; did you mean 'fgsm'?"),
        (METHOD, "./nowhere.py", "method file './nowhere.py' does not exist"),
        (DATASET, "no_such_package.sets", "dataset module 'no_such_package.sets' cannot be found"),
        (DOMAIN, "json.nothing", "domain module 'json.nothing' cannot be found"),
    ],
)
def test_what_is_not_there_is_named(kind, name, said):
    with pytest.raises(InputError) as error:
        find(kind, name)
    assert said in str(error.value)


def test_an_outside_file_cannot_be_called_like_a_built_in_one(tmp_path):
    path = tmp_path / "mixup.py"
    path.write_text(INTRA_MIX)
    with pytest.raises(InputError, match="'mixup' is a built-in method; give the file another name"):
        find(METHOD, str(path))


def test_a_relative_file_keeps_an_absolute_address(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(INTRA_MIX)
    monkeypatch.chdir(tmp_path)
    source = find(METHOD, "./mine.py")
    assert source == Source("mine", tmp_path / "mine.py", str(tmp_path / "mine.py"))
    monkeypatch.chdir("/")
    assert source_of(METHOD, "mine", source.address) == source
    assert source_of(METHOD, "mixup", None) == find(METHOD, "mixup")


def test_errors_name_the_line_of_the_file_itself(tmp_path):
    """Also where the exception came from further down."""
    path = tmp_path / "mine.py"
    path.write_text("import json\n\n\nx = json.loads('{')\n")
    with pytest.raises(InputError, match=r"mine.py, line 4: cannot be imported: JSONDecodeError: Expecting property"):
        load(path)
    path.write_text(INTRA_MIX + INTRA_MIX.split('"""')[2].replace("IntraMix", "Other") + "    plan = IntraMix.plan")
    lines = path.read_text().splitlines()
    places = [1 + lines.index(f"class {name}(Method):") for name in ("IntraMix", "Other")]
    with pytest.raises(InputError) as error:
        load(path)
    assert f"defines IntraMix (line {places[0]}), Other (line {places[1]})" in str(error.value)


def test_an_error_in_a_file_that_is_imported_says_both_lines(tmp_path):
    (tmp_path / "helper.py").write_text("x = 1\ny = 1 / 0\n")
    path = tmp_path / "mine.py"
    path.write_text("# mine\nimport helper\n" + INTRA_MIX)
    with pytest.raises(InputError) as error:
        load(path)
    assert f"{tmp_path / 'helper.py'}, line 2: cannot be imported: ZeroDivisionError" in str(error.value)


def test_a_file_that_failed_is_tried_anew(tmp_path):
    path, helper = tmp_path / "mine.py", tmp_path / "helper.py"
    path.write_text("import helper\n" + INTRA_MIX.replace("1.0", "helper.ALPHA"))
    helper.write_text("ALPHA = 1 / 0\n")
    with pytest.raises(InputError):
        load(path)
    helper.write_text("ALPHA = 0.25\n")
    assert load(path)().alpha == 0.25


SIBLINGS = {
    "import helper": "helper.ALPHA",
    "import helper as h": "h.ALPHA",
    "from helper import ALPHA": "ALPHA",
    "from helper import ALPHA as a": "a",
    "from .helper import ALPHA": "ALPHA",
    "from . import helper": "helper.ALPHA",
    "from helper import *": "ALPHA",
}


def written(folder, statement, use, alpha=0.25):
    """A method beside a helper that it imports at the top, and within a function."""
    folder.mkdir(exist_ok=True)
    (folder / "helper.py").write_text(f"import deeper\nALPHA = deeper.BASE + {alpha}\n")
    (folder / "deeper.py").write_text("BASE = 0\n")
    path = folder / "mine.py"
    lazy = "" if "*" in statement else f"\n    def told(self):\n        {statement}\n        return {use}\n"
    text = f"{statement}\n{INTRA_MIX}{lazy}"
    path.write_text(text.replace("alpha: float = 1.0", f"alpha: float = {use}"))
    return path


@pytest.mark.parametrize(("statement", "use"), SIBLINGS.items())
def test_a_file_imports_what_lies_beside_it_at_the_top_and_in_a_function(tmp_path, statement, use):
    path = written(tmp_path, statement, use)
    before = set(sys.modules)
    cls = load(path)
    assert cls().alpha == 0.25
    if "*" not in statement:
        assert cls().told() == 0.25
    assert not {"helper", "deeper", "mine"} & (set(sys.modules) - before)
    assert str(tmp_path) not in sys.path


def test_two_folders_may_each_have_a_helper_of_one_name(tmp_path):
    one = load(written(tmp_path / "one", "import helper", "helper.ALPHA", 0.25))
    other = load(written(tmp_path / "other", "import helper", "helper.ALPHA", 0.75))
    assert (one().alpha, other().alpha, one().told(), other().told()) == (0.25, 0.75, 0.25, 0.75)


@pytest.mark.parametrize("name", ["helper.py", "deeper.py"])
def test_an_edited_helper_is_loaded_anew_however_deep(tmp_path, name):
    path = written(tmp_path, "from helper import ALPHA", "ALPHA")
    first = load(path)
    helper = tmp_path / name
    helper.write_text(helper.read_text().replace("0", "1", 1))
    assert load(path)().alpha == 1.25
    assert first().alpha == 0.25
    assert load(path) is load(path)  # and not more often than it is edited


def test_a_helper_that_is_not_there_is_an_import_error_with_its_line(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from .nothing import x\n")
    with pytest.raises(
        InputError, match=r"mine.py, line 1: cannot be imported: ImportError: there is no nothing.py beside"
    ):
        load(path)


def test_the_standard_library_and_the_package_are_not_hidden_by_files_of_their_names(tmp_path):
    (tmp_path / "json.py").write_text("1 / 0\n")
    (tmp_path / "mixsuite.py").write_text("1 / 0\n")
    path = tmp_path / "mine.py"
    path.write_text("import json\n" + INTRA_MIX.replace("1.0", "json.loads('0.5')"))
    assert load(path)().alpha == 0.5


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of methods, strangers.inner.mine, which is importable."""
    inner = tmp_path / "strangers" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "strangers" / "__init__.py").write_text("")
    (tmp_path / "strangers" / "shared.py").write_text("ALPHA = 0.25\n")
    (inner / "__init__.py").write_text("")
    (inner / "mine.py").write_text(
        "from ..shared import ALPHA\nfrom . import mine\n"
        + INTRA_MIX.replace("alpha: float = 1.0", "alpha: float = ALPHA")
    )
    (inner / "two.py").write_text(
        INTRA_MIX + INTRA_MIX.split('"""')[2].replace("IntraMix", "Other") + "    plan = IntraMix.plan"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "strangers"
    for name in [name for name in sys.modules if name.partition(".")[0] == "strangers"]:
        del sys.modules[name]


def test_a_plugin_of_a_package_is_an_ordinary_module(package):
    plugin = load_plugin(METHOD, "strangers.inner.mine(alpha=0.5)", Method)
    assert (plugin.name, plugin.display_name) == ("mine", "mine(alpha=0.5)")
    assert plugin.source == Source("mine", package / "inner" / "mine.py", "strangers.inner.mine")
    assert type(plugin.instance).__module__ == "strangers.inner.mine"
    assert load_class(METHOD, plugin.source, Method)().alpha == 0.25
    assert source_of(METHOD, "mine", "strangers.inner.mine") == plugin.source


def test_a_module_that_cannot_be_imported_names_its_line(package):
    (package / "inner" / "broken.py").write_text("x = 1\nraise RuntimeError('planted')\n")
    with pytest.raises(InputError, match=r"broken.py, line 2: cannot be imported: RuntimeError: planted"):
        load_class(METHOD, find(METHOD, "strangers.inner.broken"), Method)


@dataclass(frozen=True)
class Point:
    name: str
    value: str


@pytest.fixture
def declared(monkeypatch):
    """What installed packages declare: group -> entry points."""
    points = {}
    monkeypatch.setattr(loading, "entry_points", lambda group: points.get(group, []))
    return points


def test_what_an_installed_package_declares_is_found_by_name(package, declared):
    declared["mixsuite.methods"] = [
        Point("intra", "strangers.inner.mine"),
        Point("picked", "strangers.inner.two:Other"),
    ]
    plugin = load_plugin(METHOD, "intra(alpha=0.5)", Method)
    assert (plugin.display_name, plugin.source.address) == ("intra(alpha=0.5)", "strangers.inner.mine")
    picked = load_plugin(METHOD, "picked", Method)
    assert type(picked.instance).__name__ == "Other"
    assert picked.source == Source("picked", package / "inner" / "two.py", "strangers.inner.two:Other")
    assert source_of(METHOD, "picked", picked.source.address) == picked.source
    assert load_class(METHOD, source_of(METHOD, "picked", picked.source.address), Method).__name__ == "Other"
    with pytest.raises(InputError, match="unknown method 'pickde'; did you mean 'picked'"):
        find(METHOD, "pickde")
    with pytest.raises(InputError, match="unknown probe 'intra'"):
        find(PROBE, "intra")
    with pytest.raises(InputError, match=r"defines IntraMix .*, Other"):
        load_class(METHOD, find(METHOD, "strangers.inner.two"), Method)


def test_a_built_in_name_comes_before_a_declared_one_and_a_missing_module_is_named(declared):
    declared["mixsuite.methods"] = [Point("mixup", "no_such.module"), Point("lost", "no_such.module")]
    assert find(METHOD, "mixup").address is None
    with pytest.raises(InputError, match=r"method module 'no_such.module' cannot be found"):
        find(METHOD, "lost")


@pytest.mark.parametrize("name", sorted(path.stem for path in TOYS.glob("[!_]*.py")))
def test_the_toys_of_the_claims_load_as_outside_files(name):
    text = (TOYS / f"{name}.py").read_text()
    kind, base = next(
        (k, b)
        for k, b in (
            (METHOD, "Method"),
            (PROBE, "Measurement"),
            (DOMAIN, "Domain"),
            (DATASET, "Dataset"),
            (AUGMENTATION, "Augmentation"),
        )
        if f"({base_name(b)})" in text
    )
    source = find(kind, str(TOYS / f"{name}.py"))
    assert source.name == name
    assert load_class(kind, source, bases()[base]).__module__.startswith("_mixsuite_file_")


def base_name(name):
    return name


def bases():
    from mixsuite.domains import Dataset, Domain
    from mixsuite.domains.augmentation import Augmentation

    bases = {"Method": Method, "Measurement": Probe, "Domain": Domain, "Dataset": Dataset}
    return bases | {"Augmentation": Augmentation}


def test_where_an_error_came_from_in_an_outside_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX.replace("y, n = batch.y, len(batch.y)", "return self.missing"))
    cls = load(path)
    line = 1 + path.read_text().splitlines().index("        return self.missing")
    with pytest.raises(AttributeError) as error:
        cls().plan(None, None)
    assert user_code_location(error.value) == f", {path}, line {line}"
    with pytest.raises(ZeroDivisionError) as error:
        1 / 0  # noqa: B018
    assert user_code_location(error.value) == ""


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("./gan.py(alpha=1)", "/studies/toys/gan.py(alpha=1)"),
        ("./deep/gan.py", "/studies/toys/deep/gan.py"),
        ("mixup(alpha=1)", "mixup(alpha=1)"),
        ("/abs/gan.py", "/abs/gan.py"),
        ("package.module", "package.module"),
        ("./data", "./data"),
    ],
)
def test_a_relative_entry_is_taken_from_a_folder(entry, found):
    assert resolve_path(entry, Path("/studies/toys")) == found


def test_kinds_are_named_in_the_plural():
    assert [kind_named(f"{kind.name}s") for kind in KINDS] == list(KINDS)
    with pytest.raises(InputError, match="unknown kind of plugin 'method'; did you mean 'methods'"):
        kind_named("method")
