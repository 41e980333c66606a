"""Derivatives along the lines that mixup goes: finite differences, closed forms, quadrature."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import integrate
from scipy import stats as laws
from support.probes import probe, smooth, some
from torch import nn

from mixsuite.evaluation.measure import measure
from mixsuite.evaluation.probes.derivatives import derivatives, expected, moment
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import Rng


def test_derivatives_are_those_of_finite_differences():
    model, data = smooth(3, 3), some()
    x, y = data.train.x[:8], data.train.y[:8]
    direction = data.train.x[8:16] - x

    def phi(a):
        return LOSSES["class"](model(x + a[:, None] * direction), y)

    step = 1e-3

    def at(times):
        return phi(torch.full((8,), times * step, dtype=torch.float64)).detach()

    central = [
        (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step),
        (-at(-2) + 16 * at(-1) - 30 * at(0) + 16 * at(1) - at(2)) / (12 * step**2),
        (-at(-2) + 2 * at(-1) - 2 * at(1) + at(2)) / (2 * step**3),
    ]
    found = derivatives(phi, 8, 3, x)
    for exact, near, tolerance in zip(found, central, (1e-9, 1e-6, 1e-4), strict=True):
        torch.testing.assert_close(exact, near, rtol=tolerance, atol=tolerance)


def test_a_derivative_that_is_nothing_is_zero():
    first, second, third = derivatives(lambda a: 3 * a, 4, 3, torch.zeros(1, dtype=torch.float64))
    assert first.tolist() == [3.0] * 4
    assert second.tolist() == third.tolist() == [0.0] * 4


def test_q_is_the_papers_formula():
    """q = (p - y)' grad f(x) (mean - x), the Jacobian written out."""
    model, data = smooth(3, 3), some(n=12)
    mean = data.train.x.mean(0)
    q = []
    for x, y in zip(data.train.x, data.train.y, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda v: model(v[None])[0], x)
        residual = model(x[None])[0].softmax(0) - nn.functional.one_hot(y, 3)
        q.append(float((residual @ (jacobian @ (mean - x))).abs().detach()))
    draws = (Rng(5, 512).at(0).uniform(30, kind="probe one") * 12).long().tolist()
    found = measure(probe("derivatives(rows=30)"), "d", model, data, "tabular", 5)["metrics"]
    assert found["q@d"] == pytest.approx(np.mean([q[i] for i in draws]), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 3.0])
def test_moments_and_means_are_those_of_the_law(alpha):
    law = laws.beta(alpha, alpha + 1)
    for k in (1, 2, 3):
        assert moment(alpha, k) == pytest.approx(law.moment(k), rel=1e-12)
    found = expected(lambda a: torch.exp(2 * a), alpha, 3, torch.zeros(1, dtype=torch.float64))
    assert float(found) == pytest.approx(law.expect(lambda a: math.exp(2 * a)), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_mixups_loss_is_the_mean_of_phi(alpha):
    """E of both terms over lambda ~ Beta(alpha, alpha) and ordered pairs is E phi(a), a ~ Beta(alpha, alpha + 1)."""
    model, data = smooth(3, 3), some(n=6)
    i, j = (v.flatten() for v in torch.meshgrid(torch.arange(6), torch.arange(6), indexing="ij"))
    x, y = data.train.x, data.train.y
    loss = LOSSES["class"]

    def two_terms(lam):
        with torch.no_grad():
            out = model(lam * x[i] + (1 - lam) * x[j])
            return float((lam * loss(out, y[i]) + (1 - lam) * loss(out, y[j])).mean())

    # t = lambda^alpha takes the pole of the density at 0 away; the law is symmetric about one half
    law = laws.beta(alpha, alpha)
    wanted, _ = integrate.quad(
        lambda t: (two_terms(t ** (1 / alpha)) + two_terms(1 - t ** (1 / alpha)))
        * law.pdf(t ** (1 / alpha)) * t ** (1 / alpha - 1) / alpha,
        1e-300, 0.5**alpha, epsabs=1e-11,
    )  # fmt: skip

    def phi(a):
        return loss(model(x[i] + a[:, None] * (x[j] - x[i])), y[i])

    assert float(expected(phi, alpha, 36, x)) == pytest.approx(wanted, rel=1e-8)


def test_three_orders_leave_a_fourth_power_of_the_line():
    """Of a net without kinks: lines half as long leave a sixteenth."""
    model, data = smooth(3, 3), some(n=8)
    x, y, direction = data.train.x, data.train.y, data.train.x.flip(0) - data.train.x
    left = []
    for size in (0.2, 0.1, 0.05):

        def phi(a, size=size):
            return LOSSES["class"](model(x + size * a[:, None] * direction), y)

        terms = [moment(1.0, k) / math.factorial(k) * s.mean() for k, s in enumerate(derivatives(phi, 8, 3, x), 1)]
        whole = expected(phi, 1.0, 8, x) - phi(x.new_zeros(8)).mean().detach()
        left.append(abs(float(whole - sum(terms))))
    assert left[0] / left[1] == pytest.approx(16, rel=0.2)
    assert left[1] / left[2] == pytest.approx(16, rel=0.1)


def test_the_probe_says_what_the_terms_leave():
    found = measure(probe("derivatives(rows=64)"), "d", smooth(3, 3), some(), "tabular", 0)["metrics"]
    terms = sum(found[f"term{k}@d"] for k in (1, 2, 3))
    assert found["left@d"] == pytest.approx(abs(found["gap@d"] - terms) / abs(found["gap@d"]), rel=1e-9)
    assert found["left_near@d"] < 1e-6


def test_targets_that_are_no_classes_have_no_derivatives():
    data = replace(some(), kind="regression")
    assert measure(probe("derivatives"), "d", smooth(3, 3), data, "tabular", 0)["metrics"] == {}
