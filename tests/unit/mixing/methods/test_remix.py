"""Remix: the target goes to the rarer class."""

import pytest
import torch
from support.methods import method, plan_of

from mixsuite.mixing import TrainInfo


def test_remix_gives_the_target_to_the_rarer_class():
    y, counts = torch.tensor([0, 0, 1, 1, 2, 2] * 2), torch.tensor([90, 30, 10])
    remix, seen = method("remix(kappa=3, tau=0.5, lam=row)"), set()
    train = TrainInfo(None, torch.repeat_interleave(torch.arange(3), counts), 130, 3, "class", ())
    stats = remix.prepare(train)
    assert stats["counts"].tolist() == [90, 30, 10]
    for step in range(40):
        plan = plan_of("remix(kappa=3, tau=0.5, lam=row)", y=y, step=step, stats=stats)
        for i, j in enumerate(plan.partner.tolist()):
            lam, own, other = float(plan.wx[i].flatten()[0]), int(counts[y[i]]), int(counts[y[j]])
            wanted = 0.0 if own >= 3 * other and lam < 0.5 else 1.0 if other >= 3 * own and 1 - lam < 0.5 else lam
            assert float(plan.wy[i]) == pytest.approx(wanted)
            seen.add(wanted if wanted in (0.0, 1.0) else 0.5)
    assert seen == {0.0, 0.5, 1.0}
