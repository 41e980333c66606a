"""What a run is, and its id."""

from dataclasses import replace

import pytest

from mixsuite.errors import InputError
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task, digest_json, parse_stretched, stretched_name
from mixsuite.plugins.entry import Call
from mixsuite.stats.fold import Fold


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


def test_a_tasks_dataset_may_have_any_name():
    call = Call("csv", (("path", "a (1).csv"), ("target", "y (usd)")))
    for shown, recipe in (("csv:a (1).csv:y (usd)", "tabular_mlp"), ("csv:a (1).csv:y (usd)@short", "short")):
        assert Task(shown, "tabular", call, recipe, ()).shown_dataset == "csv:a (1).csv:y (usd)"


def test_the_digest_is_of_the_canonical_form():
    assert digest_json({"b": 1, "a": (1.0, None)}) == digest_json({"a": [1.0, None], "b": 1})
    assert len(digest_json({})) == 64


def test_a_stretched_recipe_has_its_length_in_its_name():
    assert stretched_name("mlp", 1) == "mlp"
    assert parse_stretched(stretched_name("mlp", 12)) == ("mlp", 12)
    assert parse_stretched("mlp") == ("mlp", 1)
    for wrong in ("mlp×", "mlp×0", "mlp×1001", "mlp×-1", "mlp×1.5"):
        with pytest.raises(InputError, match="whole number from 1 to 1000"):
            parse_stretched(wrong)


def test_an_inner_split_changes_the_id_and_its_absence_leaves_it_as_it_was():
    method, task = MethodSpec("mixup", Call("mixup", (("alpha", 1.0),))), a_task(lr=0.1)
    spec = {"dataset": {"name": "wine", "params": {"rows": 24}}, "recipe": {"lr": 0.1}, "select": "last"}
    spec |= {"method": {"name": "mixup", "params": {"alpha": 1.0}}, "seed": 0}
    assert RunSpec(task, method, 0).id == digest_json(spec)[:16] == "fcbfd3f5cd78394f"
    folds = [Fold(), Fold(0, 5), Fold(1, 5), Fold(0, 5, 1)]
    assert len({RunSpec(replace(task, fold=fold), method, 0).id for fold in (None, *folds)}) == 5
    assert RunSpec(replace(task, fold=Fold(1, 5)), method, 0).canonical() == spec | {
        "fold": {"number": 1, "folds": 5, "repeat": 0}
    }
