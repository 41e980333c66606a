"""One search: what it proposes, what it may spend, and what it chooses."""

from math import log10

import pytest
from support.searches import SPACE, a_run, searched

from mixsuite.experiment.build import make_method
from mixsuite.plugins.space import Choice, Log
from mixsuite.tuning.search import BATCH, Search


def bowl(values):
    return (log10(values["lr"]) + 2) ** 2 + 0.1 * abs(values["method.alpha"] - 2)


def values_of(search):
    return [candidate.values for candidate in search.candidates]


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_a_search_is_a_function_of_its_run_and_its_sampler(sampler):
    one, again = (searched(a_run(), bowl, sampler=sampler) for _ in range(2))
    assert values_of(one) == values_of(again)
    others = [searched(run, bowl, sampler=sampler) for run in (a_run(seed=1), a_run(entry="iris"))]
    assert all(values_of(other)[1:] != values_of(one)[1:] for other in others)


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_candidates_lie_in_the_space_and_the_default_is_the_first(sampler):
    search = searched(a_run(), bowl, sampler=sampler)
    assert (search.default.run, len(search.candidates)) == (a_run(), 20)
    assert search.default.values["weight_decay"] == 0
    for candidate in search.candidates[1:]:
        for key, values in SPACE.items():
            low, high = min(values.ends()), max(values.ends())
            assert low <= candidate.values[key] <= high
        assert make_method(candidate.run.method).k == candidate.values["method.k"]
        assert dict(candidate.run.task.recipe)["lr"] == candidate.values["lr"]


def test_tpe_learns_and_random_does_not():
    late = {}
    for sampler in ("tpe", "random"):
        searches = [searched(a_run(seed=seed), bowl, 40, sampler) for seed in range(5)]
        late[sampler] = sum(bowl(c.values) for search in searches for c in search.candidates[20:])
    assert late["tpe"] < 0.6 * late["random"]


def test_a_grid_has_each_of_its_points_once_and_ends():
    space = {"lr": Log(0.01, 1.0), "method.law": Choice(["iid", "stratified"])}
    search = searched(a_run(), lambda values: 0.0, 20, "grid", space)
    proposed = {(c.values["lr"], c.values["method.law"]) for c in search.candidates[1:]}
    assert proposed == {(lr, law) for lr in (0.01, 0.1, 1.0) for law in ("iid", "stratified")}
    assert len(search.candidates) == 7


@pytest.mark.parametrize(("cost", "count"), [(1.0, 20), (2.0, 10), (7.0, 2), (15.0, 1), (30.0, 1), (0.5, 40)])
def test_a_costlier_method_has_fewer_trials_but_always_its_default(cost, count):
    search = Search(a_run(), SPACE, "random")
    batch = [search.default]
    while batch:
        assert len(batch) <= BATCH
        for candidate in batch:
            search.tell(candidate, 0.0, cost)
        batch = search.ask(budget=20.0)
    assert len(search.candidates) == count
    assert search.rows <= max(20.0, cost)


def test_the_best_is_the_first_of_equal_ones_and_what_failed_is_never_chosen():
    search = searched(a_run(), lambda values: 0.5)
    assert search.best.number == 0
    search = searched(a_run(), lambda values: None if values["weight_decay"] == 0 else bowl(values))
    assert search.best.score == min(c.score for c in search.candidates[1:])
    search = searched(a_run(), lambda values: None if values["weight_decay"] else float("inf"))
    assert (search.best.number, search.best.score) == (0, None)


def test_a_metric_that_is_better_higher_is_raised():
    from dataclasses import replace

    from mixsuite.stats.primary import Primary

    run = a_run()
    run = replace(run, task=replace(run.task, judged_by=Primary("auc", "higher", 1.0)))
    search = searched(run, lambda values: -bowl(values))
    assert search.best.score == max(c.score for c in search.candidates)


def test_nothing_is_told_on_standard_error(capfd):
    searched(a_run(), bowl)
    assert capfd.readouterr() == ("", "")
