"""A smaller part of `make proofs`: inputs of strangers, each read as it is meant or refused in one line."""

import warnings

import pytest
from support.proofs import load_proof


@pytest.fixture(scope="module")
def proof():
    return load_proof("borders")


@pytest.mark.slow
def test_inputs_of_every_kind_are_read_as_they_are_meant_or_refused(proof):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, failures = proof.prove(1000)
    assert failures == []
    for kind, counts in found.items():
        assert counts["accepted"] >= counts.total() // 10, kind  # to refuse all is no way to pass
        assert counts["refused"] >= counts.total() // 10, kind


def test_what_is_wrong_or_raises_is_noticed(proof, monkeypatch):
    def wrong(draws, folder):
        proof.need(False, "planted")

    def raises(draws, folder):
        raise KeyError("planted")

    for fault, outcome in ((wrong, "wrong value"), (raises, "traceback")):
        monkeypatch.setitem(proof.KINDS, "seeds", (fault, 1))
        assert proof.tried("seeds", 0)[0] == outcome
