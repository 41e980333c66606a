"""The grammar of entries: calls, lists of them, seeds."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixsuite.errors import InputError
from mixsuite.plugins.entry import Call, parse_call, parse_entry, parse_seeds, plain_name, show_seeds, split_list

names = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True).filter(lambda n: not keyword.iskeyword(n))


values = st.one_of(
    st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(), st.text(max_size=5)
)


@pytest.mark.slow
@given(names, st.dictionaries(names, values, max_size=4))
def test_a_call_survives_being_written_and_read(name, params):
    call = Call(name, tuple(params.items()))
    assert parse_call(str(call)) == call


@pytest.mark.parametrize(
    "text",
    [
        "mixup(0.4)",
        "mixup(alpha=0.4",
        "mixup(alpha=f(1))",
        "mixup(**x)",
        "",
        "(a=1)",
        "m(a=1,a=2)",
        "mixup(alpha=__import__('os'))",
        "mixup(alpha={[1]: 2})",
    ],
)
def test_anything_but_plain_values_by_name_is_refused(text):
    with pytest.raises(InputError):
        parse_call(text)


def test_bare_words_are_strings():
    assert parse_call("mixup(lam=row)") == parse_call('mixup(lam="row")')


def test_lists_split_at_commas_outside_brackets():
    assert split_list("erm, mixup(alpha=1, lam=row),./a.py(x=[1,2])") == [
        "erm",
        "mixup(alpha=1, lam=row)",
        "./a.py(x=[1,2])",
    ]


def test_entries_carry_a_recipe():
    assert parse_entry("wine(rows=24)@mine") == (parse_call("wine(rows=24)"), "mine")
    assert parse_entry("wine") == (Call("wine"), None)


@given(st.sets(st.integers(0, 300), min_size=1))
def test_seeds_survive_being_written_and_read(seeds):
    assert parse_seeds(show_seeds(tuple(seeds))) == tuple(sorted(seeds))


@pytest.mark.parametrize("text", ["5-2", "", "a", "-1", "1.5", "0-", "0--3", str(2**32), "9" * 5000])
def test_bad_seeds_are_refused(text):
    with pytest.raises(InputError, match="seeds"):
        parse_seeds(text)


@pytest.mark.parametrize(
    ("text", "name", "recipe"),
    [
        ("csv:me@home.csv:y", "csv:me@home.csv:y", None),
        ("csv:data/x.csv:y@short", "csv:data/x.csv:y", "short"),
        ("./mine.py@short", "./mine.py", "short"),
    ],
)
def test_a_recipe_is_told_from_an_at_sign_in_a_path(text, name, recipe):
    call, found = parse_entry(text)
    assert (call.name, found) == (name, recipe)


def test_a_call_is_written_without_brackets_where_it_has_no_parameters():
    assert str(Call("mixup")) == "mixup"
    call = Call("m", (("a", (1, 2.5, ("x",))), ("b", 'say "é"'), ("c", None)))
    assert str(call) == 'm(a=[1, 2.5, ["x"]], b="say \\"é\\"", c=None)'
    assert parse_call(str(call)) == call


def test_what_is_wrong_with_a_call_is_said():
    for text, said in (
        ("mixup(0.4)", "write parameters by name, as in name(alpha=0.4)"),
        ("m(a=1,a=2)", "a parameter is given twice"),
        ("m(a=)", "is not of the form name(key=value, ...)"),
        ("mixup(alpha=f(1))", "only plain values are allowed"),
        ("(a=1)", "is not of the form name or name(key=value, ...)"),
        ("wine@", "a recipe's name is missing after '@'"),
    ):
        with pytest.raises(InputError) as error:
            parse_entry(text)
        assert said in str(error.value)


@pytest.mark.parametrize(
    ("value", "seeds"),
    [("0-3", (0, 1, 2, 3)), ("4,0-1,1", (0, 1, 4)), (7, (7,)), ([3, 1, 1], (1, 3)), (" 2 - 4 ", (2, 3, 4))],
)
def test_seeds_are_sorted_each_once(value, seeds):
    assert parse_seeds(value) == seeds


def test_seeds_that_run_backwards_or_are_none_say_what_to_write():
    with pytest.raises(InputError, match="seeds '5-2': 5-2 runs backwards; write 2-5"):
        parse_seeds("5-2")
    with pytest.raises(InputError, match="at least one seed is needed"):
        parse_seeds([])
    with pytest.raises(InputError, match="at most 100000 seeds"):
        parse_seeds("0-100000")
    assert show_seeds((0, 1, 2, 5, 7, 8)) == "0-2,5,7-8"
    assert show_seeds(()) == ""


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("mixup", "mixup"),
        ("./mine.py", "mine"),
        ("a/b/mine.py", "mine"),
        ("package.module", "module"),
        ("./a.b.py", "b"),
    ],
)
def test_the_name_of_a_plugin_is_that_of_its_file_or_module(address, name):
    assert plain_name(address) == name
