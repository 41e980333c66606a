"""A batch's rows in another order: plans follow, and what looks at places is told."""

import pytest
import torch
from support.paths import PLANTED

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Plan, interpolate
from mixsuite.testing.order_checks import follow, order_of, rows_count_by_what_they_are
from mixsuite.testing.samples import ROWS, samples
from mixsuite.testing.trial import Trial

SAMPLE = next(s for s in samples() if s.name == "tabular, class")


def trial(entry):
    return Trial(make_method(resolve_method(str(entry))), SAMPLE, "input")


@pytest.mark.parametrize(
    "entry", ["mixup(lam=row)", "multi_mix(k=2)", "regmixup", PLANTED / "four.py", PLANTED / "nearer.py"]
)
def test_a_plan_that_follows_mixes_the_same_rows(entry):
    one = trial(entry)
    plan, order = one.plan(step=3), order_of(one.batch(ROWS, 3))
    moved, out = follow(plan, order)
    state = one.state(ROWS, 3)
    torch.testing.assert_close(interpolate(state[order], moved), interpolate(state, plan)[out])


def test_the_batchs_own_rows_stay_before_those_from_outside():
    order = order_of(trial(PLANTED / "nearer.py").batch(ROWS))
    assert sorted(order[:ROWS].tolist()) == list(range(ROWS))
    assert sorted(order.tolist()) == list(range(3 * ROWS))
    assert order.tolist() != sorted(order.tolist())


def test_weights_and_further_tensors_follow_by_hand():
    n, order = ROWS, torch.arange(ROWS).flip(0)
    wy, numbers = torch.rand(n), torch.arange(n)
    moved, out = follow(Plan(numbers.roll(1), wy[:, None], wy, None, wy, {"noise": wy}), order)
    assert out.tolist() == order.tolist()
    assert moved.partner.tolist() == [n - 1 - (n - 1 - i - 1) % n for i in range(n)]
    assert all(
        torch.equal(tensor.flatten(), wy.flip(0)) for tensor in (moved.wx, moved.wy, moved.weight, moved.extra["noise"])
    )


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("shifted", "interpolate(h, plan)", "plan.wx * h + (1 - plan.wx) * h.roll(1, 0)"),
        ("straight", "batch.y[plan.partner])", "batch.y.flip(0))"),
    ],
)
def test_what_looks_at_places_is_told(tmp_path, name, right, wrong):
    source = (PLANTED / f"{name}.py").read_text()
    path = tmp_path / f"{name}.py"
    path.write_text(source.replace(right, wrong))
    assert {f.status for f in rows_count_by_what_they_are(trial(PLANTED / f"{name}.py"))} == {"ok"}
    assert {f.status for f in rows_count_by_what_they_are(trial(path))} == {"problem"}


def test_a_plan_that_may_name_rows_besides_is_not_judged(tmp_path):
    path = tmp_path / "shifted.py"
    source = (PLANTED / "shifted.py").read_text()
    path.write_text(source.replace('extra={"shift"', 'extra={"third": partner, "shift"'))
    assert list(rows_count_by_what_they_are(trial(path))) == []
