"""The variance of the gradient of mixed batches at fixed weights, between pairs and within pairs.

It serves Shen et al. 2024, arXiv:2406.01417. We did not have their theorem; the law below is our derivation.
"""

import copy
from dataclasses import dataclass

import torch
from torch.func import functional_call, grad, vmap

from mixsuite.evaluation.base import Measurement
from mixsuite.mixing import require
from mixsuite.mixing.losses import LOSSES


@dataclass(frozen=True)
class GradientVariance(Measurement):
    """The variance of the gradient of mixed batches, by the number of lambdas per pair.

    The variance is the trace of the covariance of the gradient g with respect to the weights, in float64 and evaluation
    mode. Each batch draws ``batch`` pairs s of training rows, and ``k`` lambdas ~ Beta(1, 1) for each pair. By the law

        Var = (Var_s(E_lambda g) + E_s Var_lambda(g) / k) / batch.

    It measures:
    within:     share of E_s Var_lambda(g) in the variance at k = 1: no number of lambdas removes more than this.
    many:       variance with k lambdas, as a share of the variance with one.
    predicted:  the same by the law.
    fresh:      the same with one lambda for each of k * batch pairs: equal compute.
    stratified: the same with k lambdas, one from each of k equally likely parts of the law.
    shared:     the same with one lambda for the whole batch.
    law:        |measured - predicted| at k lambdas, in standard errors of that difference.
    law_one:    the same at one lambda.

    repeats: number of batches drawn.
    pairs:   number of pairs drawn for the law, each with eight lambdas.
    """

    k: int = 5
    batch: int = 32
    repeats: int = 200
    pairs: int = 256

    domains = ("images", "tabular")

    def __post_init__(self):
        require(self.k >= 2, "k", self.k, ">= 2")
        require(self.batch >= 1, "batch", self.batch, ">= 1")
        require(self.repeats >= 10, "repeats", self.repeats, ">= 10")
        require(self.pairs >= 10, "pairs", self.pairs, ">= 10")

    def measure(self, model, data, rng):
        mixed = Mixed(model, data)
        shapes = {
            "one": (self.batch, 1),
            "many": (self.batch, self.k),
            "fresh": (self.batch * self.k, 1),
            "stratified": (self.batch, self.k),
            "shared": (self.batch, 1),
        }
        variances = {name: self._measured(mixed, name, *shape, rng) for name, shape in shapes.items()}
        between, within = self._parts(mixed, rng)
        numbers = {name: variances[name][0] / variances["one"][0] for name in shapes if name != "one"}
        numbers["within"] = within.mean() / (between + within).mean()
        predicted = {}
        for key, name, k in (("law_one", "one", 1), ("law", "many", self.k)):
            each = (between + within / k) / self.batch
            predicted[name] = each.mean()
            error = torch.hypot(variances[name][1], each.std() / len(each) ** 0.5)
            numbers[key] = (variances[name][0] - each.mean()).abs() / error
        numbers["predicted"] = predicted["many"] / predicted["one"]
        return {name: float(value) for name, value in numbers.items()}

    def _measured(self, mixed, name, pairs, k, rng):
        """(variance, its standard error) over repeated batches of ``pairs`` pairs with k lambdas each."""
        count = self.repeats * pairs
        one, other = ((rng.uniform(count, kind=f"probe {name} {end}") * mixed.rows).long() for end in ("one", "other"))
        u = rng.uniform(count, k, kind=f"probe {name} lam").to(torch.float64)
        if name == "stratified":
            u = (u + torch.arange(k, device=u.device)) / k
        if name == "shared":
            u = u.reshape(self.repeats, pairs, k)[:, :1].expand(-1, pairs, -1).reshape(count, k)
        parts = (v.reshape(self.repeats, pairs, *v.shape[1:]) for v in (one, other, u))
        gradients = torch.stack([mixed.gradient(*part) for part in zip(*parts, strict=True)])
        each = (gradients - gradients.mean(0)).square().sum(1) * (self.repeats / (self.repeats - 1))
        return each.mean(), each.std() / self.repeats**0.5

    def _parts(self, mixed, rng, lambdas=8):
        """Each pair's parts [pairs] of the variance between and within pairs; unbiased, so a part may be negative."""
        one, other = (
            (rng.uniform(self.pairs, kind=f"probe pair {end}") * mixed.rows).long() for end in ("one", "other")
        )
        u = rng.uniform(self.pairs, lambdas, kind="probe pair lam").to(torch.float64)
        means, within = [], []
        for i, j, shares in zip(one, other, u, strict=True):
            g = mixed.gradients(i.expand(lambdas), j.expand(lambdas), shares)  # [lambdas, weights]
            means.append(g.mean(0))
            within.append(g.var(0).sum())
        centred = torch.stack(means) - torch.stack(means).mean(0)
        spread = torch.stack(within)
        return centred.square().sum(1) * (self.pairs / (self.pairs - 1)) - spread / lambdas, spread


class Mixed:
    """Gradients of the mixed loss with respect to a model's weights, in float64."""

    def __init__(self, model, data):
        self.model, self.loss = copy.deepcopy(model).double(), LOSSES[data.kind]
        self.x, self.y, self.rows = data.train.x.double(), data.train.y, len(data.train)
        self.weights = dict(self.model.named_parameters())
        self.buffers = dict(self.model.named_buffers())

    def _value(self, weights, a, b, y_a, y_b, lam):
        x = torch.lerp(b, a, lam.reshape(-1, *[1] * (a.dim() - 1)))
        out = functional_call(self.model, (weights, self.buffers), (x,))
        return (lam * self.loss(out, y_a) + (1 - lam) * self.loss(out, y_b)).mean()

    def gradient(self, one, other, lam):
        """The gradient [weights] of the mean over pairs [n] and their lambdas [n, k]."""
        k = lam.shape[1]
        i, j = one.repeat_interleave(k), other.repeat_interleave(k)
        value = self._value(self.weights, self.x[i], self.x[j], self.y[i], self.y[j], lam.flatten())
        return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(self.weights.values()))])

    def gradients(self, one, other, lam):
        """The gradient [n, weights] of each row alone, for one, other and lam [n]."""

        def single(weights, a, b, y_a, y_b, share):
            return self._value(weights, a[None], b[None], y_a[None], y_b[None], share[None])

        plain = {name: weight.detach() for name, weight in self.weights.items()}
        each = vmap(grad(single), in_dims=(None, 0, 0, 0, 0, 0))
        per_weight = each(plain, self.x[one], self.x[other], self.y[one], self.y[other], lam)
        return torch.cat([g.flatten(1) for g in per_weight.values()], 1)
