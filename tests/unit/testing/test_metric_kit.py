"""The kit for metrics: the package's own pass, and planted faults are found, each by its check."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mixsuite.evaluation import Metric
from mixsuite.plugins.kinds import METRIC, builtin_files
from mixsuite.plugins.load import load_plugin
from mixsuite.testing import check, problems
from mixsuite.testing.metric_kit import check_metric


@pytest.mark.parametrize("name", [*builtin_files(METRIC), "f1(average='micro')", "kappa(weights='quadratic')"])
def test_the_packages_metrics_pass(name):
    found = check_metric(load_plugin(METRIC, name, Metric).instance)
    assert problems(found) == []
    assert sum(finding.status == "ok" for finding in found) >= 5


def metric(score, **literals):
    facts = {"better": "higher", "optimum": 1.0} | literals
    cls = type("Planted", (Metric,), facts | {"score": lambda self, p: score(p), "__doc__": "A metric."})
    return dataclass(frozen=True)(cls)()


def accuracy(p):
    return (p.predicted == p.y).mean()


def refuses(p):
    raise ValueError("never")


def writes(p):
    p.out[0] = 0
    return accuracy(p)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (metric(lambda p: 1 - accuracy(p)), "direction is as declared"),
        (metric(accuracy, better="lower", optimum=0.0), "direction is as declared"),
        (metric(accuracy, optimum=100.0), "optimum is as declared"),
        (metric(lambda p: accuracy(p) + 1e-3 * np.random.random()), "draws nothing"),
        (metric(lambda p: np.average(p.predicted == p.y, weights=range(len(p.y)))), "no order of rows"),
        (metric(lambda p: (p.predicted == p.y).astype(float)), "scores"),
        (metric(lambda p: float("nan")), "scores"),
        (metric(writes), "scores"),
        (metric(refuses), "scores"),
    ],
)
def test_a_planted_fault_is_found(planted, said):
    assert said in {finding.check for finding in problems(check_metric(planted))}
    assert problems(check(planted))


def test_a_metric_that_is_for_some_targets_alone_passes_with_a_note():
    found = check_metric(metric(lambda p: f1_score(p.y, p.predicted)))  # of several classes it needs an average
    assert not problems(found)
    assert [(f.check, f.sample) for f in found if f.status == "note"] == [("scores", "10 classes")]


def test_a_metric_without_an_optimum_passes_with_a_note():
    found = check_metric(metric(accuracy, optimum=None))
    assert not problems(found)
    assert {f.check for f in found if f.status == "note"} == {"optimum"}
