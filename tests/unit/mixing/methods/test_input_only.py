"""Mixed inputs with hard targets."""

import torch
from support.methods import plan_of


def test_input_only_has_the_nearer_rows_target():
    for step in range(20):
        plan, plain = plan_of("input_only(lam=row)", step=step), plan_of("mixup(lam=row)", step=step)
        assert torch.equal(plan.wx, plain.wx)
        assert plan.wy.tolist() == [float(v >= 0.5) for v in plain.wy]
