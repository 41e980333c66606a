"""Runs and searches for tests of tuning, without training."""

from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_method, resolve_task
from mixsuite.experiment.spec import RunSpec
from mixsuite.plugins.space import Choice, Linear, Log, Whole
from mixsuite.tuning.search import Search

SPACE = {
    "lr": Log(1e-4, 1.0),
    "weight_decay": Log(1e-5, 1e-2),
    "method.alpha": Linear(0.1, 4.0),
    "method.k": Whole(2, 4),
    "method.law": Choice(["iid", "stratified"]),
}


def a_run(method="multi_mix", seed=0, entry="wine"):
    return RunSpec(resolve_task(entry, load_matrix("quick")), resolve_method(method), seed)


def searched(run, score, trials=20, sampler="tpe", space=SPACE, cost=lambda values: 1.0):
    """A search that was carried out with scores of a function of the values."""
    search = Search(run, space, sampler)
    batch, budget = [search.default], trials * cost(search.default.values)
    while batch:
        for candidate in batch:
            search.tell(candidate, score(candidate.values), cost(candidate.values))
        batch = search.ask(budget)
    return search
