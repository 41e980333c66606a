"""Derivatives of the loss along the lines on which mixup moves (Zou et al. 2023, arXiv:2212.13381)."""

import copy
from dataclasses import dataclass
from math import factorial

import torch

from mixsuite.evaluation.base import Measurement
from mixsuite.mixing import require
from mixsuite.mixing.losses import LOSSES

ORDERS = (1, 2, 3)
NEAR = 0.001


@dataclass(frozen=True)
class Derivatives(Measurement):
    """The derivatives of the loss from a row towards others, and the series of mixup's loss that they give.

    With phi(a) = L(f(x + a (r - x)), y) for a training row (x, y) and another row r, mixup's loss is the mean of phi(a)
    for a ~ Beta(alpha, alpha + 1). All numbers are computed in float64 and evaluation mode:
    q, q_test:        mean |(p - y)' grad f(x) (mean - x)|, the first derivative towards the training mean, for training
                      and for test rows.
    order1 .. order3: mean |k-th derivative of phi at 0|, with r drawn.
    gap:              mixup's loss minus the loss of the rows themselves.
    term1 .. term3:   the terms of the series for gap: E[a^k] / k! times the mean of the k-th derivative.
    left:             the share of gap that the three terms leave.
    left_near:        the same on lines a thousandth as long.
    first_near:       the share that the first term alone leaves there.

    rows:  number of rows drawn, at most 512.
    alpha: parameter of the law of a, for gap and terms.
    """

    rows: int = 256
    alpha: float = 1.0

    domains = ("images", "tabular")

    def __post_init__(self):
        require(2 <= self.rows <= 512, "rows", self.rows, "2 to 512")
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def measure(self, model, data, rng):
        if data.kind != "class":
            return {}
        exact, loss = copy.deepcopy(model).double(), LOSSES[data.kind]
        train, test = (part.x.double() for part in (data.train, data.test))
        draws = {name: rng.uniform(self.rows, kind=f"probe {name}") for name in ("one", "other", "test")}
        one, other = ((draws[name] * len(train)).long() for name in ("one", "other"))
        there = (draws["test"] * len(test)).long()
        mean = train.mean(0)

        def along(x, y, direction):
            return lambda a: loss(exact(x + a.reshape(-1, *[1] * (x.dim() - 1)) * direction), y)

        x, y = train[one], data.train.y[one]
        phi = along(x, y, train[other] - x)
        slopes = derivatives(phi, self.rows, len(ORDERS), x)
        there, where = test[there], data.test.y[there]
        numbers = {
            "q": derivatives(along(x, y, mean - x), self.rows, 1, x)[0].abs().mean(),
            "q_test": derivatives(along(there, where, mean - there), self.rows, 1, x)[0].abs().mean(),
        }
        numbers |= {f"order{k}": slope.abs().mean() for k, slope in zip(ORDERS, slopes, strict=True)}
        (gap, terms), (gap_near, terms_near) = (self._series(phi, slopes, size, x) for size in (1.0, NEAR))
        numbers |= {"gap": gap, **{f"term{k}": term for k, term in zip(ORDERS, terms, strict=True)}}
        for name, total, parts in (
            ("left", gap, terms),
            ("left_near", gap_near, terms_near),
            ("first_near", gap_near, terms_near[:1]),
        ):
            numbers[name] = (total - sum(parts)).abs() / total.abs()
        return {name: float(value.detach()) for name, value in numbers.items()}

    def _series(self, phi, slopes, size, like):
        """(mixup's loss minus the rows' own, the terms of its series) on lines shortened by a factor ``size``."""
        mixed = expected(lambda a: phi(size * a), self.alpha, self.rows, like)
        terms = [size**k * moment(self.alpha, k) / factorial(k) * s.mean() for k, s in zip(ORDERS, slopes, strict=True)]
        return mixed - phi(like.new_zeros(self.rows)).mean(), terms


def derivatives(phi, rows, orders, like):
    """The first derivatives [rows] at 0 of phi, a function of [rows] numbers that treats each row alone."""
    a = like.new_zeros(rows).requires_grad_()
    value, slopes = phi(a), []
    for _ in range(orders):
        # If a value no longer depends on a, its derivative is 0, and so are the higher ones.
        (value,) = (
            torch.autograd.grad(value.sum(), a, create_graph=True, materialize_grads=True)
            if value.requires_grad
            else (torch.zeros_like(a),)
        )
        slopes.append(value)
    return [value.detach() for value in slopes]


def moment(alpha, k):
    """E[a^k] for a ~ Beta(alpha, alpha + 1)."""
    value = 1.0
    for j in range(k):
        value *= (alpha + j) / (2 * alpha + 1 + j)
    return value


def expected(phi, alpha, rows, like, nodes=32):
    """The mean over rows of E[phi(a)] for a ~ Beta(alpha, alpha + 1), by Gauss-Jacobi quadrature."""
    from scipy.special import roots_jacobi

    at, weight = roots_jacobi(nodes, alpha, alpha - 1)  # (1 - t)^alpha (1 + t)^(alpha - 1) on [-1, 1]
    weight = weight / weight.sum()
    with torch.no_grad():
        means = [phi(like.new_full((rows,), (1 + t) / 2)).mean() for t in at]
    return sum(w * value for w, value in zip(weight, means, strict=True))
