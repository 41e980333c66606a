"""A faster part of `make proofs`: coverage across tasks, and false groups. Draws are fixed."""

import numpy as np
import pytest
from support.proofs import load_proof


@pytest.fixture(scope="module")
def proof():
    return load_proof("across")


@pytest.mark.slow
@pytest.mark.parametrize(("clusters", "noise", "spread"), [(2, 0.05, 0.1), (8, 0.02, 0.2)])
def test_intervals_hold_the_truth(proof, clusters, noise, spread):
    for found in proof.coverages(clusters, noise, spread, 200, 1):
        assert found.these > 0.9
        assert not found.like < 0.9


@pytest.mark.slow
def test_methods_alike_are_seldom_set_apart_and_others_are(proof):
    wrong, found = proof.false_groups(12, [0.0, 0.0, -0.3], 0.1, 300, 2)
    assert wrong < 0.075
    assert found > 0.9


def test_the_chance_of_improvement_is_that_of_drawn_runs(proof):
    ratio = np.array([[0.0, -0.05]])
    tasks = [task for k in range(400) for task in proof.drawn_tasks(ratio, 0.05, proof.stream(k))]
    share = np.mean([task.values[:, 1] < task.values[:, 0] for task in tasks])
    assert share == pytest.approx(float(proof.chance_of_improvement(ratio[0, 1], 0.05)), abs=0.02)
