"""C-Mixup: partners by the nearness of targets."""

import numpy as np
import torch
from support.methods import method, plan_of

from mixsuite.mixing import TaskInfo
from mixsuite.mixing.method import why_not


def test_c_mixup_draws_partners_by_the_gaussian_of_the_targets():
    y = torch.tensor([[-1.0], [-0.8], [0.0], [0.1], [2.0]]).double()
    counts = np.zeros((5, 5))
    for step in range(2_000):
        plan = plan_of("c_mixup(bandwidth=0.5)", y=y, shape=(3,), step=step)
        counts[range(5), plan.partner.tolist()] += 1
    nearness = np.exp(-((y - y.T).numpy() ** 2) / (2 * 0.5**2)) * (1 - np.eye(5))
    wanted = nearness / nearness.sum(1, keepdims=True)
    assert np.abs(counts / 2_000 - wanted).max() < 0.05
    reason = why_not(method("c_mixup"), TaskInfo("images", "class", 3, {"input": (3,)}, 8, 9))
    assert reason == "made for targets of the kind regression, not for class"
    assert plan_of("c_mixup", y=y[:1], shape=(3,)).partner.tolist() == [0]
