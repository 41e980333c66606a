"""A method on a sample at one site, and what checks need of it."""

import inspect
from pathlib import Path

import torch
from support.methods import method

from mixsuite.mixing import Method, Plan
from mixsuite.testing.samples import ROWS, samples
from mixsuite.testing.trial import (
    STEPS,
    Trial,
    judged,
    leaves_of,
    line_of,
    map_leaves,
    overrides_mix,
    own_files,
    own_share,
    same_tensors,
)

IMAGES = next(s for s in samples() if s.name == "images, class")


def trial(text="mixup", sample=IMAGES, site="input"):
    return Trial(method(text), sample, site)


def test_state_and_batch_are_copies_of_the_samples_first_rows():
    one = trial()
    state, batch = one.state(5), one.batch(5, STEPS // 4)
    assert (len(state), len(batch.y), float(batch.progress)) == (5, 5, 0.25)
    assert batch.shape == tuple(IMAGES.sites["input"].shape[1:])
    assert batch.x is None
    state.zero_()
    batch.y.zero_()
    assert not torch.equal(one.state(5), state)
    assert torch.equal(one.batch(ROWS).y, IMAGES.y)


def test_a_method_that_needs_the_input_sees_it():
    assert torch.equal(trial("saliencymix").batch(4).x, IMAGES.sites["input"][:4])


def test_plans_are_the_steps_own_in_any_order():
    one = trial()
    later, first = one.plan(step=5), one.plan(step=0)
    assert same_tensors(trial().plan(step=0), first)
    assert same_tensors(trial().plan(step=5), later)
    assert not same_tensors(first, later)
    assert not same_tensors(one.plan(seed=1), first)


def test_the_tail_is_smooth_and_the_same_every_time():
    one = trial()
    out = one.tail()(one.state(ROWS))
    assert out.shape == (ROWS, IMAGES.classes)
    assert torch.equal(out, trial().tail()(one.state(ROWS)))


def test_a_hidden_site_is_named():
    assert trial().name == "images, class"
    hidden = next(name for name in IMAGES.sites if name != "input")
    assert trial(site=hidden).name == f"images, class, {hidden}"


def test_where_a_function_stands():
    cutmix = type(method("cutmix"))
    assert line_of(cutmix, "plan").endswith(f"line {1 + _line(cutmix, 'def plan')}")
    assert line_of(cutmix, "objective") == line_of(cutmix, "plan")  # not its own: the plan stands for it
    assert {path.rpartition("/")[2] for path in own_files(cutmix)} == {"cutmix.py"}


def _line(cls, text):

    lines = Path(inspect.getsourcefile(cls)).read_text().splitlines()
    return next(i for i, line in enumerate(lines) if text in line)


def test_a_finding_names_the_place_only_where_it_is_a_problem():
    assert judged(trial(), "a check", True, "t", "e", "s").where == ""
    bad = judged(trial(), "a check", False, "t", "e", "s")
    assert (bad.status, bad.sample) == ("problem", "images, class")
    assert "mixup.py, line " in bad.where


def test_small_helpers():
    a, b = torch.arange(4.0), torch.ones(4)
    assert leaves_of(a)[0] is a
    assert [leaf.tolist() for leaf in map_leaves(lambda leaf: leaf + 1, (a, b))] == [[1, 2, 3, 4], [2, 2, 2, 2]]
    assert own_share(Plan(a.long(), torch.stack([b, 0 * b], 1), b)).tolist() == [0.5] * 4
    assert same_tensors((a, None), (a.clone(), None))
    assert not same_tensors((a, None), (a, b))
    assert not overrides_mix(trial())
    assert overrides_mix(trial("noisy_feature"))
    assert issubclass(type(trial().method), Method)
