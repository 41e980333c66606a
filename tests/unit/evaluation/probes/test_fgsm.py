"""The fast gradient sign method."""

import torch
from support.probes import linear, probe, rows


def test_fgsm_steps_up_the_gradient_within_the_training_range():
    x = torch.tensor([[0.0, 0.0, 0.95, 3.0]])
    train = torch.tensor([[-1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, 1.0]])
    moved = probe("fgsm(eps=0.1)").disturb(x, rows(train, linear(torch.tensor([2.0, -5.0, 1.0, 1.0]))))
    # Up, down, up to the range's end, and a value that is outside the range already stays.
    assert torch.allclose(moved, torch.tensor([[0.1, -0.1, 1.0, 3.0]]))
