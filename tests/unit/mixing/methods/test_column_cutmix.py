"""CutMix for tables: whole source columns."""

import torch
from support.methods import method, plan_of

from mixsuite.mixing import TrainInfo


def test_column_cutmix_moves_categories_as_a_whole():
    groups = (0, 1, 1, 1, 2, 3, 3)
    cutmix = method("column_cutmix(lam=row)")
    stats = cutmix.prepare(TrainInfo(None, torch.zeros(3), 3, 2, "class", groups))
    shares_seen = set()
    for step in range(40):
        plan = plan_of("column_cutmix(lam=row)", shape=(7,), step=step, stats=stats)
        assert torch.equal(plan.wx[:, 1], plan.wx[:, 2])
        assert torch.equal(plan.wx[:, 2], plan.wx[:, 3])
        assert torch.equal(plan.wx[:, 5], plan.wx[:, 6])
        torch.testing.assert_close(plan.wy, plan.wx[:, [0, 1, 4, 5]].mean(1))
        shares_seen |= set(plan.wy.tolist())
    assert shares_seen == {0, 0.25, 0.5, 0.75, 1}
