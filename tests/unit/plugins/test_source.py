"""The identity of code: what moves the hash of a file, and which files belong to a piece of code."""

import ast

import pytest
from support.paths import ROOT
from support.sources import INTRA_MIX

from mixsuite.plugins import source
from mixsuite.plugins.kinds import PACKAGE
from mixsuite.plugins.source import closure, content_digest, hash_files, local_file, token_hash

TRICKY = (ROOT / "tests" / "data" / "tricky_source.py.txt").read_text()


PLAIN = '''"""A file."""

import math
LIMIT = 3


class Shape:
    """A class."""

    def area(self, r, scale=2.0):
        """A method."""
        if r > LIMIT:
            return scale * math.pi * r
        return f"{r:.{LIMIT}f}"
'''

SAME = {
    "a comment": [("LIMIT = 3", "LIMIT = 3  # of all"), ("import math", "# first\nimport math")],
    "a docstring": [
        ('"""A file."""', '"""Another\n\nfile."""'),
        ('        """A method."""\n', ""),
        ('    """A class."""\n', ""),
    ],
    "no docstring": [('"""A file."""\n', ""), ('        """A method."""\n', "")],
    "blank lines": [("LIMIT = 3\n\n\n", "LIMIT = 3\n"), ("import math", "\n\nimport math\n")],
    "spaces": [("LIMIT = 3", "LIMIT  =   3"), ("r, scale=2.0", "r,scale = 2.0")],
    "lines joined or broken": [
        ("(self, r, scale=2.0)", "(\n        self,\n        r, scale=2.0)"),
        ("scale * math.pi * r", "scale * \\\n                math.pi * r"),
    ],
    "indentation": [("            return scale", "                return scale")],
    "no last newline": [('f}"\n', 'f}"')],
    "tabs": [("            return scale", "        \treturn scale")],
    "a form feed": [("LIMIT = 3\n", "LIMIT = 3\n\x0c\n")],
}
OTHER = {
    "a constant": ("LIMIT = 3", "LIMIT = 4"),
    "the type of a constant": ("LIMIT = 3", "LIMIT = 3.0"),
    "an operator": ("r > LIMIT", "r >= LIMIT"),
    "a default": ("scale=2.0", "scale=3.0"),
    "a name": ("def area", "def areas"),
    "an f-string's text": ('f"{r', 'f"x{r'),
    "an f-string's format": ("}f}", "}g}"),
    "an f-string's inside": ("{LIMIT}", "{LIMIT + 1}"),
    "a statement": ("LIMIT = 3", "LIMIT = 3\nMORE = 1"),
    "the order of statements": ("import math\nLIMIT = 3", "LIMIT = 3\nimport math"),
    "a block": (
        "            return scale * math.pi * r\n        return",
        "            return scale * math.pi * r\n            return",
    ),
    "a decorator": ("    def area", "    @staticmethod\n    def area"),
    "a string that is no docstring": ("        if r", "        'x'\n        if r"),
    "an import of another library": ("import math", "import cmath as math"),
}


def edited(text, swaps):
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    compile(text, "text", "exec")
    return text


def test_the_edits_are_what_they_say():
    """The syntax trees, without docstrings, are an independent judge."""

    def meaning(text):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
                and ast.get_docstring(node, clean=False) is not None
            ):
                node.body = node.body[1:]
        return ast.dump(tree)

    assert all(meaning(edited(PLAIN, swaps)) == meaning(PLAIN) for swaps in SAME.values())
    assert all(meaning(edited(PLAIN, [swap])) != meaning(PLAIN) for what, swap in OTHER.items())


@pytest.mark.parametrize("what", SAME)
def test_what_is_of_no_consequence_leaves_the_hash(what):
    assert token_hash(edited(PLAIN, SAME[what])) == token_hash(PLAIN)


def test_all_of_it_together_leaves_the_hash():
    assert token_hash(
        edited(PLAIN, [swap for what in ("a comment", "no docstring", "spaces") for swap in SAME[what]])
    ) == (token_hash(PLAIN))


@pytest.mark.parametrize("what", OTHER)
def test_what_is_of_consequence_moves_the_hash(what):
    assert token_hash(edited(PLAIN, [OTHER[what]])) != token_hash(PLAIN)


def test_every_edit_has_a_hash_of_its_own():
    assert len({token_hash(PLAIN), *(token_hash(edited(PLAIN, [swap])) for swap in OTHER.values())}) == len(OTHER) + 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('class A:\n    "doc"; x = 1\n', 'class A:\n    "doc"; x = 2\n'),
        ('class A: "doc"\n', 'class A: "other"\n'),
        ('"doc"; x = 1\n', '"doc"; x = 2\n'),
        ("x = 1; y = 2\n", "x = 1; y = 3\n"),
        ("if x: y\n", "if x: pass\ny\n"),
        ("ab = 1\n", "a\nb = 1\n"),
        ("'a' 'b'\nx", "'a'\n'b'\nx"),
    ],
)
def test_what_shares_a_line_with_what_is_left_out_counts(one, other):
    if "class A: " in one:
        return  # a docstring behind its class on one line may count or not
    assert token_hash(one) != token_hash(other)


def test_the_hash_of_every_form_of_token_is_the_same_on_every_python():
    """Written down on 3.11, 3.12 and 3.13, which split f-strings in different ways."""
    assert token_hash(TRICKY) == "057d60b71d1f471d"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{value:>{width}.{n % 5}f}", "{value:>{width}.{n % 6}f}"),
        ("f'{n!s}'", "f'{n!r}'"),
        ("          >12}", "          >13}"),
        ("        n + 1", "        n + 2"),
        ("third {", "fourth {"),
        ("(total := n", "(total := 1 + n"),
        ("int(size) if size > 0", "int(size) if size > 1"),
        ('"circle" | "disc"', '"circle" | "disk"'),
        ("@functools.cache", "@functools.lru_cache"),
        ('f"" + f"{n}"', 'f" " + f"{n}"'),
        ("{{literal}}", "{{Literal}}"),
    ],
)
def test_a_change_in_any_form_of_token_is_seen(old, new):
    assert TRICKY.count(old) == 1
    assert token_hash(TRICKY.replace(old, new)) != token_hash(TRICKY)


def test_comments_and_docstrings_around_every_form_of_token_are_not():
    again = TRICKY.replace('    """Another."""\n', "").replace("  # noqa: E731", "  # of no consequence")
    again = again.replace('"""A docstring with {braces} and a \'quote\'."""', '"""Another with "quotes"."""')
    assert token_hash("# first\n" + again) == token_hash(TRICKY)


def test_lines_that_only_unicode_breaks_do_not_shift_what_is_read():
    text = "x = 'a\u2028b'  # \x0c\ny = f'{x:>3}'\nz = f'{y}'\n"
    assert len({token_hash(text), token_hash(text.replace(">3", ">4")), token_hash(text.replace("{y}", "{x}"))}) == 3
    assert token_hash(text.replace("  # \x0c", "")) == token_hash(text)


def test_what_is_no_python_is_refused():
    with pytest.raises(SyntaxError):
        token_hash("def f(:")


# Which files belong to a piece of code.


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """A small package in mixsuite's place: write(name, text) -> path."""
    root = tmp_path / "mixsuite"
    monkeypatch.setattr(source, "PACKAGE", root)
    monkeypatch.setattr(source, "_SUITE", source._Territory(root, "mixsuite"))

    def write(name, text=""):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in [path.parent, *path.parent.parents]:
            if folder == tmp_path:
                break
            (folder / "__init__.py").touch()
        path.write_text(text)
        return path

    return write


def names(paths):
    return sorted(f"{path.parent.name}/{path.name}" for path in paths)


def test_imports_are_followed_to_every_depth_and_only_where_they_lead(suite):
    run = suite("execution/run.py", "import os\nfrom mixsuite.a.one import f\nimport numpy\n")
    suite("a/one.py", "from mixsuite.a import two\n")
    suite("a/two.py", "def g():\n    import mixsuite.b.three\n")
    suite("b/three.py", "from .four import x\n")
    suite("b/four.py", "from mixsuite.execution import run\n")  # in a circle
    suite("b/aside.py")
    assert names(closure([run])) == ["a/one.py", "a/two.py", "b/four.py", "b/three.py", "execution/run.py"]


def test_a_name_that_a_package_passes_on_leads_to_its_own_module(suite):
    suite("mixing/one.py", "A = 1\n")
    suite("mixing/two.py", "B = 1\n")
    suite("mixing/__init__.py", "from mixsuite.mixing.one import A\nfrom mixsuite.mixing.two import B as C\n")
    use = suite("use.py", "from mixsuite.mixing import A\n")
    other = suite("other.py", "from mixsuite.mixing import C\n")
    every = suite("every.py", "from mixsuite.mixing import *\n")
    whole = suite("whole.py", "import mixsuite.mixing as m\n")
    assert names(closure([use])) == ["mixing/one.py", "mixsuite/use.py"]
    assert names(closure([other])) == ["mixing/two.py", "mixsuite/other.py"]
    for path in (every, whole):
        assert {"mixing/one.py", "mixing/two.py"} < set(names(closure([path])))


def test_imports_for_types_alone_do_not_count_but_what_stands_in_their_place_does(suite):
    suite("a/types_only.py")
    suite("a/else_only.py")
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mixsuite.a.types_only import X\n"
    run = suite("run.py", text)
    assert names(closure([run])) == ["mixsuite/run.py"]
    first = hash_files([run])
    run.write_text(text.replace("types_only", "elsewhere"))
    assert hash_files([run]) == first
    run.write_text(text + "else:\n    from mixsuite.a.else_only import X\n")
    assert names(closure([run])) == ["a/else_only.py", "mixsuite/run.py"]
    run.write_text(text.replace("if TYPE", "import typing\nif typing.TYPE"))
    assert names(closure([run])) == ["mixsuite/run.py"]
    run.write_text(text.replace("if TYPE_CHECKING", "if not TYPE_CHECKING"))
    assert names(closure([run])) == ["a/types_only.py", "mixsuite/run.py"]


def test_a_module_that_joins_the_graph_moves_the_hash_and_so_does_a_change_in_it(suite):
    run = suite("run.py", "from mixsuite.a.one import f\n")
    one = suite("a/one.py", "x = 1\n")
    two = suite("a/two.py", "y = 1\n")

    def identity():
        return hash_files(closure([run]))

    alone = identity()
    two.write_text("y = 2\n")
    assert identity() == alone
    one.write_text("from mixsuite.a.two import y\nx = 1\n")
    joined = identity()
    assert joined != alone
    two.write_text("# a comment\ny = 2\n")
    assert identity() == joined
    two.write_text("y = 3\n")
    assert identity() not in (joined, alone)


def test_moving_a_file_or_a_name_costs_nothing(suite, tmp_path):
    run = suite("run.py", "from mixsuite.a.one import f, g as h\nimport mixsuite.a.one as one\nf(h)\n")
    suite("a/one.py", "def f(x):\n    return x\ndef g():\n    pass\n")
    first = hash_files(closure([run]))
    moved = suite(
        "elsewhere/run.py",
        "from mixsuite.b.deep.other import g as h\nfrom .. import b\nfrom mixsuite.b.deep.other import f\nimport mixsuite.b.deep.other as one\nf(h)\n".replace(
            "from .. import b\n", ""
        ),
    )
    suite("b/deep/other.py", "def f(x):\n    return x\ndef g():\n    pass\n")
    assert hash_files(closure([moved])) == first
    renamed = suite("renamed.py", run.read_text().replace("g as h", "h"))
    assert hash_files(closure([renamed])) != first  # another name of the module is another thing


def test_what_stands_beside_an_import_on_its_line_counts(suite):
    suite("a/one.py", "x = 1\n")
    run = suite("run.py", "from mixsuite.a.one import x; y = 1\n")
    first = hash_files([run])
    run.write_text("from mixsuite.a.one import x; y = 2\n")
    assert hash_files([run]) != first
    run.write_text("if a > 1: from mixsuite.a.one import x\n")
    second = hash_files([run])
    run.write_text("if a > 2: from mixsuite.a.one import x\n")
    assert hash_files([run]) != second
    run.write_text('"é"; from mixsuite.a.one import x; é = 1\n')
    assert hash_files([run]) != second


@pytest.mark.parametrize(
    "statement",
    [
        "import helper",
        "import helper as h",
        "from helper import x",
        "from .helper import x",
        "from . import helper",
        "def f():\n    import helper",
    ],
)
def test_a_helper_beside_an_outside_file_is_in_its_hash_and_so_is_what_that_imports(tmp_path, statement):
    path, helper, deeper = (tmp_path / f"{name}.py" for name in ("mine", "helper", "deeper"))
    path.write_text(statement + "\n")
    helper.write_text("import deeper\nx = 1\n")
    deeper.write_text("y = 1\n")
    (tmp_path / "aside.py").write_text("z = 1\n")
    assert [file.name for file in closure([path])] == ["deeper.py", "helper.py", "mine.py"]
    first = hash_files(closure([path]))
    deeper.write_text("y = 1  # a comment\n")
    assert hash_files(closure([path])) == first
    deeper.write_text("y = 2\n")
    assert hash_files(closure([path])) != first


def test_a_package_is_followed_by_its_relative_imports_and_its_init_files_run(tmp_path):
    for name, text in {
        "top/__init__.py": "from .setup import x\n",
        "top/setup.py": "x = 1\n",
        "top/shared.py": "",
        "top/inner/__init__.py": "",
        "top/inner/mine.py": "from ..shared import y\nfrom .near import z\nimport top.far\n",
        "top/inner/near.py": "",
        "top/far.py": "",
        "top/aside.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = closure([tmp_path / "top" / "inner" / "mine.py"])
    assert names(found) == sorted(
        [
            "top/__init__.py",
            "top/setup.py",
            "top/shared.py",
            "inner/__init__.py",
            "inner/mine.py",
            "inner/near.py",
            "top/far.py",
        ]
    )


def test_an_outside_file_has_what_it_takes_from_mixsuite_in_its_hash(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX)
    found = {str(file.relative_to(PACKAGE)) for file in closure([path]) if PACKAGE in file.parents}
    assert {"mixing/method.py", "mixing/plan.py", "mixing/geometry.py"} <= found
    assert "mixing/__init__.py" not in found
    assert not any(name.startswith("mixing/methods") for name in found)
    path.write_text(
        "from mixsuite.mixing.methods.mixup import Mixup\nfrom mixsuite.domains.graphs.datasets import _tu\n"
    )
    found = {str(file.relative_to(PACKAGE)) for file in closure([path]) if PACKAGE in file.parents}
    assert {"mixing/methods/mixup.py", "mixing/draws.py", "domains/graphs/datasets/_tu.py"} <= found


def test_an_outside_file_has_one_hash_wherever_it_lies_within_the_package_too(suite, tmp_path):
    suite("mixing/one.py", "A = 1\n")
    text = "from mixsuite.mixing.one import A\nprint(A)\n"
    (tmp_path / "mine.py").write_text(text)
    assert hash_files([tmp_path / "mine.py"]) == hash_files([suite("toys/mine.py", text)])


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("helper", "helper.py"),
        ("sub", "sub/__init__.py"),
        ("sub.inner", "sub/inner.py"),
        ("json", None),
        ("mixsuite", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_a_local_module_is_a_file_or_a_package_beside_and_never_the_standard_librarys(tmp_path, module, found):
    for name in ("helper.py", "json.py", "mixsuite.py", "sub/__init__.py", "sub/inner.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert local_file(module, tmp_path) == (None if found is None else tmp_path / found)


def test_files_are_hashed_in_no_order_and_contents_in_the_given_one(tmp_path):
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("x = 1\n")
    two.write_text("y = 1\n")
    assert hash_files([one, two]) == hash_files([two, one])
    assert content_digest([one, two]) != content_digest([two, one])
    tokens, content = hash_files([one, two]), content_digest([one, two])
    one.write_text("x = 1  # a comment\n")
    assert hash_files([one, two]) == tokens
    assert content_digest([one, two]) != content


@pytest.mark.slow
def test_every_file_of_the_package_can_be_read():
    paths = sorted(PACKAGE.rglob("*.py"))
    assert len(paths) > 100
    assert len(hash_files(paths)) == 16
    for path in paths:
        text = path.read_text()
        assert token_hash(text + "\n# a comment\n") == token_hash(text)
        assert token_hash(text + "\nPLANTED = 1\n") != token_hash(text)
