"""A small part of the A/A of tuning: tables are made as the long proof makes them, and it can fail."""

import numpy as np
import pytest
from support.proofs import load_proof


@pytest.fixture(scope="module")
def proof():
    return load_proof("tuning_alike")


def test_tables_of_equal_methods_are_seldom_false_and_of_others_they_are(proof):
    draws = np.random.default_rng(0)
    seeds = draws.normal(0.2, 0.05, 1_200)
    values = seeds + draws.normal(0, 0.02, (4, 1_200))
    for made, count in ((proof.pairs, 200 * 6), (proof.families, 150 * 4)):
        share, error, tables = proof.rate([made(values)])
        assert tables == count
        assert 0.005 < share <= 0.05 + 2 * error
        worse = values + np.array([0, 0, 0, 0.05])[:, None]
        assert proof.rate([made(worse)])[0] > 0.4


def test_blocks_of_seeds_have_no_seed_in_common(proof):
    values = np.arange(2 * 20).reshape(2, 20)
    found = np.concatenate([block[0] for block in proof.blocks(values, 6)])
    assert found.tolist() == list(range(18))


@pytest.mark.slow
def test_twins_are_tuned_by_searches_of_their_own(proof, tmp_path, in_process, monkeypatch):
    monkeypatch.setattr("mixsuite.tuning.folds.FOLDS", 2)
    values = proof.alike(tmp_path, seeds=2, trials=2, workers=1)
    assert {(task.split("(")[0], tuning) for task, tuning in values} == {
        (task, tuning) for task in ("titanic", "digits") for tuning in ("default", "tuned")
    }
    for pool in values.values():
        assert pool.shape == (4, 2)
        assert len(np.unique(pool[:, 0])) > 1  # equal in law, and not in their draws
