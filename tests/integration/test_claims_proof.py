"""A faster part of `make proofs`: claims' rules without an effect, with one, and with the papers' own."""

from math import sqrt

import pytest
from support.proofs import load_proof

from mixsuite.claims.conclusion import CONTRADICTS, SAME, SUPPORTS

TABLES = 600


@pytest.fixture(scope="module")
def proof():
    return load_proof("claims")


@pytest.mark.parametrize("noise", ["even", "uneven"])
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_without_an_effect_each_word_is_false_in_at_most_one_of_forty(proof, spread, noise):
    found = proof.shares(proof.effect(5, 0.0, spread, noise, TABLES, purpose=1), proof.CLAIMED)
    most = 0.025 + 2.5 * sqrt(0.025 * 0.975 / TABLES)
    assert found[SUPPORTS] <= most
    assert found[CONTRADICTS] <= most


def test_weights_by_variance_would_be_caught(proof):
    assert proof.weighted(proof.effect(5, 0.0, 0.05, "uneven", TABLES, purpose=1)) > 0.07


def test_an_effect_of_a_tenth_is_found_and_its_mirror_image_contradicts(proof):
    simulated = proof.effect(8, 0.1, 0.05, "even", 200, purpose=2)
    assert proof.shares(simulated, proof.CLAIMED)[SUPPORTS] > 0.9
    mirrored = [[-values for values in table] for table in simulated]
    assert proof.shares(mirrored, proof.CLAIMED)[CONTRADICTS] > 0.9


def test_the_papers_own_effects_are_not_refuted(proof):
    assert proof.uci(200, seeds=30, purpose=3)[SUPPORTS] >= 0.7
    for sd in (0.001, 0.003):
        found = proof.mixupe(200, sd, purpose=4)
        assert found[SUPPORTS] > 0.95
        assert found[CONTRADICTS] + found[SAME] == 0
