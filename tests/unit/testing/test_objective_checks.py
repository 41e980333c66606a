"""What training sees: an objective is run, and its passes and the targets that it weighs are compared with the plan."""

import pytest
import torch
from support.paths import OUTSIDERS, PLANTED

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import class_shares
from mixsuite.mixing.plan import terms
from mixsuite.testing.objective_checks import (
    loss_counts,
    loss_weighs_the_plans_targets,
    mixes_alone,
    recorded,
    target_of,
)
from mixsuite.testing.samples import ROWS, samples
from mixsuite.testing.trial import Trial, numbered

PER_ROW = "plan.wy * own + (1 - plan.wy) * other"
SAMPLE = next(s for s in samples() if s.name == "tabular, class")


def trial(entry):
    return Trial(make_method(resolve_method(entry)), SAMPLE, "input")


@pytest.mark.parametrize("entry", ["regmixup(passes=2)", "mixupe", str(OUTSIDERS / "teacher.py")])
def test_the_gradient_of_a_linear_loss_is_the_weight_of_each_class(entry):
    one = trial(entry)
    recording, plan = recorded(one, 0)
    mixed = one.method.mix(one.state(ROWS), plan)
    (the_pass,) = [p for p in recording.passes if p.h.shape == mixed.shape and torch.allclose(p.h, mixed)][:1]
    wanted = target_of(one, plan, SAMPLE.y) / len(mixed)
    scale = float(the_pass.weighed.sum())  # of the term, which further terms do not touch
    torch.testing.assert_close(the_pass.weighed, scale * wanted)


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


def test_weights_of_the_data_multiply_targets_by_hand():
    one, weight = trial("mixup(lam=row)"), torch.arange(ROWS) / 4
    plan, eye = one.plan(), torch.eye(SAMPLE.classes)[SAMPLE.y]
    by_hand = torch.stack(
        [
            w * weight[i] * eye[i] + (1 - w) * weight[p] * eye[p]
            for i, (w, p) in enumerate(zip(plan.wy, plan.partner, strict=True))
        ]
    )
    torch.testing.assert_close(target_of(one, plan, SAMPLE.y, row_weight=weight), by_hand)


@pytest.mark.parametrize(
    ("right", "wrong", "check", "seen"),
    [
        (PER_ROW, "plan.wy * own + other", loss_weighs_the_plans_targets, "off by up to"),
        ("batch.row_weight is not None", "False", loss_counts, "loss 1, loss 2 weighs as without weights"),
        ("other * batch.row_weight[plan.partner]", "other * batch.row_weight", loss_counts, "off by up to"),
        ("run_mean(per_row", "run_mean(0 * per_row", loss_counts, "every weight is 0"),
        ("mixes_alone = False", "mixes_alone = True", mixes_alone, "off by up to"),
    ],
)
def test_a_fault_is_told_with_what_was_seen(tmp_path, right, wrong, check, seen):
    source = (PLANTED / "straight.py").read_text()
    path = tmp_path / "straight.py"
    path.write_text(source.replace(right, wrong))
    assert {f.status for f in check(trial(str(PLANTED / "straight.py")))} <= {"ok"}
    found = [f for f in check(trial(str(path))) if f.status == "problem"]
    assert found
    assert all(f.seen.startswith(seen) for f in found), found


def test_an_objective_without_a_loss_is_noted(tmp_path):
    source = (PLANTED / "straight.py").read_text()
    path = tmp_path / "straight.py"
    path.write_text(source.replace("loss(out, batch.y), loss(out, batch.y[plan.partner])", "out.sum(1), out.sum(1)"))
    (found,) = loss_counts(trial(str(path)))
    assert (found.status, found.seen) == ("note", "it takes no loss of outputs with a gradient")
