"""Every row with several fresh partners."""

import torch
from support.methods import exact_plan, method

B = 12


def test_batch_augmentation_has_fresh_partners_and_begins_as_mixup():
    plan, mixup = exact_plan("batch_augmentation(k=3)"), exact_plan("mixup")
    assert torch.equal(plan.partner[:B], mixup.partner)
    assert torch.equal(plan.wy[:B], mixup.wy)
    parts = plan.partner.split(B)
    assert all(sorted(p.tolist()) == list(range(B)) for p in parts)
    assert len({tuple(p.tolist()) for p in parts}) == 3
    assert method("batch_augmentation").control == "compute"
