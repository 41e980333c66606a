"""A faster part of `make proofs`: the states of convergence at no drift and at twice the margin."""

import pytest
from support.proofs import load_proof


@pytest.mark.parametrize(
    ("drift", "state", "least", "most"),
    [
        ((0.0, 0.0), "yes", 0.95, 1.0),
        ((0.0, 0.0), "no", 0.0, 0.05),
        ((1.0, 0.0), "yes", 0.0, 0.05),
        ((2.0, 2.0), "no", 0.95, 1.0),
        ((-2.0, 0.0), "overtrained", 0.95, 1.0),
    ],
)
def test_states_come_as_often_as_said(drift, state, least, most):
    proof = load_proof("convergence")
    found = proof.states(drift, n=10, sd=0.5, tables=300, purpose=1)
    assert sum(found.values()) == pytest.approx(1)
    assert least <= found[state] <= most
