"""The conformance kit for models: build a net for made-up rows of each domain, and look at what it does."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import State, map_leaves, take_rows
from mixsuite.domains.build import make_model
from mixsuite.domains.network import checked_network
from mixsuite.errors import InputError
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing.losses import LOSSES
from mixsuite.models.base import Model, Staged
from mixsuite.models.stack import Unstackable, stack
from mixsuite.plugins.guard import guarded
from mixsuite.plugins.load import told
from mixsuite.testing.findings import Finding, Status, applies_somewhere
from mixsuite.testing.samples import made_up_data
from mixsuite.training.job import Job
from mixsuite.training.loop import train
from mixsuite.training.recipe import Recipe

_BUILT = "build(), and two rows through the net"
_Check = Callable[[Model, Data, str], Iterator[Finding]]


def check_model(model: Model, domains: Sequence[str] | None = None) -> list[Finding]:
    """Check a model on made-up rows of the domains that it is made for.

    Args:
        model: the net by name, with its parameters.
        domains: try these alone; None: all that it names, or all that there are, where it need fit one only.
    """
    named = type(model).domains
    found: list[Finding] = []
    for domain, data in made_up_data(named, domains):
        try:
            with guarded():
                checked_network(model, data, type(model).__name__)
        except ImportError as error:
            found.append(Finding("note", "builds", domain, "build()", "", f"not tried: {error}"))
            continue
        except (InputError, SystemExit) as error:
            status: Status = "problem" if named else "note"
            found.append(
                Finding(status, "builds", domain, "build(), and two rows through the net", "outputs", str(error))
            )
            continue
        found.append(Finding("ok", "builds", domain, "build(), and two rows through the net", "", ""))
        for check in CHECKS:
            found += _tried(check, model, data, domain)
    return found + applies_somewhere(found, named or domains)


def _tried(check: _Check, model: Model, data: Data, domain: str) -> list[Finding]:
    name = check.__name__.strip("_").replace("_", " ")
    try:
        with guarded():
            return list(check(model, data, domain))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        seen = told(error, 300)
        return [Finding("problem", name, domain, name, "no exception", seen)]


def _judged(good: bool, name: str, domain: str, tried: str, expected: str, seen: str) -> Finding:
    return Finding("ok" if good else "problem", name, domain, tried, expected, "" if good else seen)


def _double(model: Model, data: Data, seed: int = 0) -> Staged:
    return make_model(model, data, seed).double()


def _rows(data: Data, rows: slice) -> State:
    index = torch.arange(len(data.train))[rows]
    return map_leaves(Tensor.double, take_rows(data.train.x, index))


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(torch.allclose(one, other, rtol=1e-6, atol=1e-8))


def weights_depend_on_the_seed_alone(model: Model, data: Data, domain: str) -> Iterator[Finding]:
    """Build for a seed, draw from every global generator, and build again."""
    first = make_model(model, data, 0).state_dict()
    torch.rand(3), np.random.random(3), random.random()  # noqa: NPY002
    again, other = make_model(model, data, 0).state_dict(), make_model(model, data, 1).state_dict()
    name, tried = "weights depend on the seed alone", "build() twice for seed 0, once for seed 1"
    changed = [key for key in first if not torch.equal(first[key], again[key])]
    yield _judged(not changed, name, domain, tried, "the same weights", f"others in {', '.join(changed[:3])}")
    moved = any(not torch.equal(first[key], other[key]) for key in first)
    yield _judged(moved, name, domain, tried, "other weights for another seed", "the same: is a seed set in build()?")


def rows_are_apart_in_evaluation(model: Model, data: Data, domain: str) -> Iterator[Finding]:
    """Run rows together and one by one in eval mode."""
    net = _double(model, data).eval()
    with torch.no_grad():
        together = net(_rows(data, slice(0, 4)))
        alone = torch.cat([net(_rows(data, slice(i, i + 1))) for i in range(4)])
    name, tried = "rows are apart in evaluation", "four rows together, and each alone"
    yield _judged(_same(together, alone), name, domain, tried, "the same outputs", "others: rows see each other")


def draws_are_paired(model: Model, data: Data, domain: str) -> Iterator[Finding]:
    """Run the same rows twice in training mode from the same state of torch's generator."""
    name, tried = "draws are paired", "the same rows twice in training mode, from one state of torch's generator"
    outs = []
    for _ in range(2):
        net = _double(model, data).train()
        torch.manual_seed(5)
        np.random.random(7), random.random()  # noqa: NPY002
        with torch.no_grad():
            outs.append(net(_rows(data, slice(0, 4))))
    yield _judged(_same(*outs), name, domain, tried, "the same outputs", "others: it draws from another generator")


def every_site_can_be_mixed(model: Model, data: Data, domain: str) -> Iterator[Finding]:
    """Train one step with mixup at every site, twice over; the weights must move and the input must stay."""
    recipe = Recipe(model="any", optimizer="sgd", lr=1e-3, steps=2, batch=4)
    mixup = make_method(resolve_method("mixup"))
    for site in _sites(make_model(model, data, 0)):
        net = make_model(model, data, 0)
        before, x = copy.deepcopy(net.state_dict()), copy.deepcopy(data.train.x)
        done = train(Job(domain, data, net, replace(mixup, site=site), recipe, 0))
        moved = any(not torch.equal(before[key], value) for key, value in done.model.state_dict().items())
        kept = _equal(x, data.train.x)
        seen = "no weight moved" if kept else "the rows that went in were changed"
        yield _judged(
            moved and kept, "every site can be mixed", domain, f"two steps of mixup at {site}", "training", seen
        )


def _sites(net: Staged) -> list[str]:
    return [*net.sites, *net.inner]


def _equal(one: State, other: State) -> bool:
    pairs = zip(one, other, strict=True) if isinstance(one, tuple) else [(one, other)]  # type: ignore[arg-type]
    return all(torch.equal(a, b) for a, b in pairs)  # type: ignore[arg-type]


def every_weight_is_trained(model: Model, data: Data, domain: str) -> Iterator[Finding]:
    """Differentiate a loss: a weight without a gradient is noted, since it never moves."""
    net = _double(model, data).train()
    LOSSES["class"](net(_rows(data, slice(0, 8))), data.train.y[:8]).mean().backward()
    idle = [key for key, weight in net.named_parameters() if weight.grad is None]
    if idle:
        yield Finding("note", "every weight is trained", domain, "backward", "", f"no gradient: {', '.join(idle[:3])}")


def stacked_it_is_itself(model: Model, data: Data, domain: str) -> Iterator[Finding]:
    """A model that says that seeds can train as one must give the same side by side, in training mode."""
    if not type(model).stackable:
        return
    nets = [_double(model, data, seed) for seed in range(3)]
    name, tried = "stacked it is itself", "three seeds side by side, and each alone, in training mode"
    try:
        joined = stack([copy.deepcopy(net) for net in nets])
    except Unstackable as error:
        yield Finding("note", name, domain, tried, "", f"its seeds train one after another: {error}")
        return
    x = _rows(data, slice(0, 6))
    out = joined.train()(map_leaves(lambda leaf: torch.cat([leaf] * 3), x))
    alone = torch.cat([net.train()(x) for net in nets])
    yield _judged(_same(out, alone), name, domain, tried, "the same outputs", "others: declare stackable = False")


CHECKS: tuple[_Check, ...] = (
    weights_depend_on_the_seed_alone,
    rows_are_apart_in_evaluation,
    draws_are_paired,
    every_site_can_be_mixed,
    every_weight_is_trained,
    stacked_it_is_itself,
)
