"""What a run is, and its id."""

from mixsuite.experiment.spec import MethodSpec, RunSpec, Task, digest_json, file_names
from mixsuite.plugins.entry import Call


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


def test_a_tasks_dataset_may_have_any_name():
    call = Call("csv", (("path", "a (1).csv"), ("target", "y (usd)")))
    for shown, recipe in (("csv:a (1).csv:y (usd)", "tabular_mlp"), ("csv:a (1).csv:y (usd)@short", "short")):
        assert Task(shown, "tabular", call, recipe, ()).shown_dataset == "csv:a (1).csv:y (usd)"


def test_a_name_that_is_too_long_for_a_file_is_cut_and_told_apart():
    long = [a_task("w" * 400), a_task("w" * 399 + "v", lr=1.0)]
    names = set(file_names(long).values())
    assert len(names) == 2
    assert all(len(name) == 150 + 1 + 8 for name in names)


def test_a_task_that_is_called_as_its_domain_has_another_file():
    """The domain's own table has that name."""
    assert file_names([a_task("tabular")])["tabular"].startswith("tabular-")


def test_the_digest_is_of_the_canonical_form():
    assert digest_json({"b": 1, "a": (1.0, None)}) == digest_json({"a": [1.0, None], "b": 1})
    assert len(digest_json({})) == 64
