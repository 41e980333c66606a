"""From an entry's parameters to an object."""

from dataclasses import dataclass, field
from typing import Literal

import pytest
from support.sources import INTRA_MIX

from mixsuite.domains.base import Dataset
from mixsuite.errors import InputError
from mixsuite.mixing import Method
from mixsuite.plugins.bind import bind, display_name, every_parameter, instantiate, needs_arguments, usage
from mixsuite.plugins.entry import Call, parse_call
from mixsuite.plugins.kinds import DATASET, METHOD
from mixsuite.plugins.load import find, load_class


def cls_of(kind, name, base):
    return load_class(kind, find(kind, str(name)), base)


def test_checked_values_are_converted():
    cls = cls_of(METHOD, "mixup", Method)
    made = instantiate(cls, parse_call("mixup(alpha=2)"), "method")
    assert isinstance(made.alpha, float)
    assert dict(every_parameter(made))["alpha"] == 2.0
    with pytest.raises(InputError, match="alpha=inf"):
        instantiate(cls, Call("mixup", (("alpha", float("inf")),)), "method")


def test_a_default_is_converted_like_a_written_value(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX.replace("alpha: float = 1.0", "alpha: float = 1"))
    cls = cls_of(METHOD, path, Method)
    made = [instantiate(cls, parse_call(text), "method") for text in ("mine", "mine(alpha=1)")]
    assert [repr(every_parameter(m)[0]) for m in made] == ["('alpha', 1.0)"] * 2


def test_a_number_stands_for_a_word_where_only_a_word_fits():
    cls = cls_of(METHOD, "mixupe", Method)
    assert instantiate(cls, parse_call("mixupe(version=1)"), "method").version == "1"
    with pytest.raises(InputError, match="version=7"):
        instantiate(cls, parse_call("mixupe(version=7)"), "method")


def test_a_name_with_an_argument_is_spelled_out():
    cls = cls_of(DATASET, "tu", Dataset)
    made = instantiate(cls, parse_call("tu:NCI1(rows=100)"), "dataset")
    assert (made.name, made.rows) == ("NCI1", 100)
    assert display_name("tu", made) == "tu:NCI1(rows=100)"
    with pytest.raises(InputError, match="write tu:NAME"):
        instantiate(cls, parse_call("tu:a:b"), "dataset")
    with pytest.raises(InputError, match="allowed is a name"):
        instantiate(cls, parse_call("tu:../x"), "dataset")


@dataclass(frozen=True)
class Wide:
    """Parameters of every kind, own ones behind inherited ones."""

    inherited: int = 1


@dataclass(frozen=True)
class Thing(Wide):
    path: str = ""
    share: float = 0.5
    names: tuple[str, ...] = ()
    how: Literal["a", "b"] = "a"
    most: int | None = None
    flag: bool = False
    late: int = field(default=3, kw_only=True)

    arguments = ("path",)


def made(text):
    return instantiate(Thing, parse_call(text), "thing")


def test_own_parameters_come_first_and_only_changed_ones_are_shown():
    names = [name for name, _ in every_parameter(Thing())]
    assert names == ["path", "share", "names", "how", "most", "flag", "late", "inherited"]
    thing = made("thing:a.csv(share=1, names=[x, y], inherited=2)")
    assert thing == Thing(path="a.csv", share=1.0, names=("x", "y"), inherited=2)
    assert display_name("thing", thing) == 'thing:a.csv(share=1.0, names=["x", "y"], inherited=2)'
    assert made(display_name("thing", thing)) == thing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("thing(shaer=1)", "unknown parameter of thing 'thing' 'shaer'; did you mean 'share'?"),
        ("thing(share=x)", "share='x': input should be a valid number"),
        ("thing(how=c)", "how='c': input should be 'a' or 'b'"),
        ("thing(most=1.5)", "most=1.5: input should be a valid integer"),
        ("thing(names=x)", "names='x': input should be a valid tuple"),
        ("thing(share=1e999)", "share=inf: input should be a finite number"),
        ("thing:a:b", "'thing:a:b': write thing:PATH"),
        ("thing:", "'thing:': write thing:PATH"),
    ],
)
def test_what_does_not_fit_is_said_with_the_parameter_and_its_value(text, said):
    with pytest.raises(InputError) as error:
        made(text)
    assert said in str(error.value)


def test_a_class_that_is_no_frozen_dataclass_says_what_to_write():
    class Bare(Thing):
        extra: int = 1

    with pytest.raises(InputError, match=r"thing 'bare': write @dataclass\(frozen=True\) above class Bare"):
        instantiate(Bare, Call("bare"), "thing")

    class Silent(Thing):
        """Adds no parameter, so it may stay as it is."""

    assert instantiate(Silent, parse_call("silent(share=1)"), "thing").share == 1.0


def test_what_a_class_refuses_is_said_with_the_entry_in_one_line():
    @dataclass(frozen=True)
    class Picky:
        k: int = 2

        def __post_init__(self):
            if self.k > 2:
                raise ValueError("k is\n  too large")

    with pytest.raises(InputError) as error:
        instantiate(Picky, parse_call("picky(k=3)"), "thing")
    assert str(error.value) == "picky(k=3): k is too large"


def test_annotations_that_cannot_be_read_are_said():
    @dataclass(frozen=True)
    class Odd:
        k: "NoSuchType" = 1  # noqa: F821

    with pytest.raises(InputError, match=r"thing 'odd': its annotations cannot be read: .*NoSuchType"):
        instantiate(Odd, Call("odd"), "thing")


def test_a_class_may_have_to_be_told_something():
    @dataclass(frozen=True)
    class Needy:
        path: str

        arguments = ("path",)

    assert needs_arguments(Needy)
    assert not needs_arguments(Thing)
    assert usage("needy", Needy) == "needy:PATH"
    assert usage("mixup", Wide) == "mixup"
    with pytest.raises(InputError, match="'needy': write needy:PATH"):
        instantiate(Needy, Call("needy"), "thing")
    assert instantiate(Needy, parse_call("needy:a.csv"), "thing").path == "a.csv"


def test_parameters_of_a_function_are_checked_but_those_that_are_given():
    def builder(data: object, *, dropout: float, width: int = 3, how: str = "x"):
        raise NotImplementedError

    assert bind(builder, parse_call("net(width=4)"), "model", given=("data", "dropout")) == {"width": 4}
    with pytest.raises(InputError, match=r"unknown parameter of model 'net' 'dropout' \(allowed: how, width\)"):
        bind(builder, parse_call("net(dropout=0.1)"), "model", given=("data", "dropout"))
    with pytest.raises(InputError, match=r"net\(width=x\)|width='x'"):
        bind(builder, parse_call("net(width=x)"), "model", given=("data", "dropout"))
