"""Calls, seeds and identity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.plugins.entry import Call, parse_call, parse_entry, parse_seeds, show_seeds, split_list
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task, file_names

names = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True).filter(
    lambda n: n not in ("True", "None") and not __import__("keyword").iskeyword(n)
)
values = st.one_of(
    st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(), st.text(max_size=5)
)


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


def test_equivalent_texts_are_one_cell():
    assert (
        resolve_method("mixup") == resolve_method("mixup(alpha=1)") == resolve_method("mixup(alpha=1.0, lam='batch')")
    )
    assert resolve_method("mixup").name == "mixup"
    assert resolve_method("mixup(lam=row, alpha=0.4)").name == 'mixup(alpha=0.4, lam="row")'
    assert resolve_method("mixup").call != resolve_method("mixup(alpha=0.4)").call


def test_an_id_is_the_same_in_every_process(run_python, tiny):
    code = (
        "from mixsuite.matrix import load_matrix; from mixsuite.resolve import resolve\n"
        f"print([r.id for r in resolve(load_matrix({str(tiny)!r})).runs()])"
    )
    here = str([r.id for r in resolve(load_matrix(str(tiny))).runs()])
    assert run_python(code, PYTHONHASHSEED="1").strip() == run_python(code, PYTHONHASHSEED="2").strip() == here


def a_task(name: str = "wine", **recipe: object) -> Task:
    return Task(name, "tabular", Call("wine", (("rows", 24),)), "r", tuple(recipe.items()))


def test_what_changes_an_id_and_what_does_not():
    method = MethodSpec("mixup", Call("mixup", (("alpha", 1.0),)))
    first = RunSpec(a_task(lr=0.1), method, 0)
    assert first.id == RunSpec(a_task("another name", lr=0.1), method, 0).id
    assert first.id == RunSpec(a_task(lr=0.1), MethodSpec("mixup", method.call, "/some/where.py"), 0).id
    others = [
        RunSpec(a_task(lr=0.2), method, 0),
        RunSpec(a_task(lr=0.1), method, 1),
        RunSpec(a_task(lr=0.1), MethodSpec("mixup", Call("mixup", (("alpha", 2.0),))), 0),
        RunSpec(
            Task("wine", "tabular", Call("wine", (("rows", 24),)), "r", (("lr", 0.1),), "best_validation"), method, 0
        ),
    ]
    assert len({first.id, *(o.id for o in others)}) == 5


def test_file_names_start_with_the_data_set_and_differ():
    tasks = [a_task("wine(rows=24)@x/y"), a_task("wine(rows=24)@x y", lr=1.0), a_task("iris")]
    found = file_names(tasks)
    assert found["wine(rows=24)@x/y"] == "wine-rows=24--x-y"
    assert found["wine(rows=24)@x y"].startswith("wine-rows=24--x-y-")
    assert len(found["wine(rows=24)@x y"]) == len("wine-rows=24--x-y-") + 8
    assert found["iris"] == "iris"


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


def test_a_tasks_dataset_may_have_any_name():
    call = Call("csv", (("path", "a (1).csv"), ("target", "y (usd)")))
    for shown, recipe in (("csv:a (1).csv:y (usd)", "tabular_mlp"), ("csv:a (1).csv:y (usd)@short", "short")):
        assert Task(shown, "tabular", call, recipe, ()).shown_dataset == "csv:a (1).csv:y (usd)"
