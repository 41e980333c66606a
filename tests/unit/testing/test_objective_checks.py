"""What training sees: an objective is run, and its passes and the targets that it weighs are compared with the plan."""

import pytest
import torch
from support.paths import OUTSIDERS

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import class_shares
from mixsuite.mixing.plan import terms
from mixsuite.testing.objective_checks import loss_weighs_the_plans_targets, recorded, target_of
from mixsuite.testing.samples import ROWS, samples
from mixsuite.testing.trial import Trial, numbered

SAMPLE = next(s for s in samples() if s.name == "tabular, class")


def trial(entry):
    return Trial(make_method(resolve_method(entry)), SAMPLE, "input")


@pytest.mark.parametrize("entry", ["regmixup(passes=2)", "mixupe", str(OUTSIDERS / "teacher.py")])
def test_the_gradient_of_a_linear_loss_is_the_weight_of_each_class(entry):
    one = trial(entry)
    recording, plan = recorded(one, 0)
    mixed = one.method.mix(one.state(ROWS), plan)
    (the_pass,) = [p for p in recording.passes if p.h.shape == mixed.shape and torch.allclose(p.h, mixed)][:1]
    weighed = -the_pass.out.grad
    wanted = target_of(one, plan, SAMPLE.y)
    nearest = (weighed / weighed.sum(1, keepdim=True) - wanted).abs().sum(1)
    assert float(nearest.mean()) < 0.35  # further terms move it a little


def test_targets_by_hand():
    one = trial("mixup(lam=row)")
    plan = one.plan()
    y, eye = SAMPLE.y, torch.eye(SAMPLE.classes)
    by_hand = torch.stack(
        [w * eye[y[i]] + (1 - w) * eye[y[p]] for i, (w, p) in enumerate(zip(plan.wy, plan.partner, strict=True))]
    )
    torch.testing.assert_close(target_of(one, plan, y), by_hand)
    turned = torch.stack(
        [(1 - w) * eye[y[i]] + w * eye[y[p]] for i, (w, p) in enumerate(zip(plan.wy, plan.partner, strict=True))]
    )
    torch.testing.assert_close(target_of(one, plan, y, turned=True), turned)
    assert len(terms(plan)) == 2
    assert torch.equal(class_shares(torch.tensor([[0.2, 0.8]]), 2, torch.float32), torch.tensor([[0.2, 0.8]]))


def test_numbered_rows_are_their_numbers_and_masks_are_whole():
    first, mask = numbered((torch.randn(3, 2, 2), torch.zeros(3, 1, 2)))
    assert torch.equal(first, torch.arange(3.0)[:, None, None].expand(3, 2, 2))
    assert torch.equal(mask, torch.ones(3, 1, 2))


def test_a_method_without_an_objective_of_its_own_needs_no_look():
    assert list(loss_weighs_the_plans_targets(trial("mixup"))) == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "check"),
    [
        (
            "teacher",
            "batch, plan, loss)\n",
            "batch, plan._replace(wy=1 - plan.wy), loss)\n",
            "loss weighs the plan's targets",
        ),
        ("own_objective", "wy=share", "wy=1 - share", "loss weighs the rows it mixes"),
    ],
)
def test_targets_that_are_exchanged_in_the_objective_are_found(tmp_path, name, right, wrong, check):
    source = (OUTSIDERS / f"{name}.py").read_text()
    for text, status in ((source, "ok"), (source.replace(right, wrong), "problem")):
        path = tmp_path / f"{name}_{status}.py"
        path.write_text(text)
        (found,) = loss_weighs_the_plans_targets(trial(str(path)))
        assert (found.status, found.check) == (status, check)


def test_an_objective_whose_label_is_free_is_not_judged(tmp_path):
    path = tmp_path / "free.py"
    path.write_text((OUTSIDERS / "own_objective.py").read_text().replace('"matched"', '"free"'))
    (found,) = loss_weighs_the_plans_targets(trial(str(path)))
    assert (found.status, found.seen) == ("note", 'not judged unless label = "matched"')
