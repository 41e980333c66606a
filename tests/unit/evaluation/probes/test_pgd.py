"""Projected gradient descent."""

import torch
from support.probes import linear, probe, rows


def test_pgd_goes_to_the_edge_of_the_ball_and_no_further():
    x, train = torch.zeros(3, 2), torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    weight = torch.tensor([2.0, -5.0])
    for start in ("random", "row"):
        moved = probe(f"pgd(eps=0.2, start={start})").disturb(x, rows(train, linear(weight)))
        assert torch.allclose(moved, torch.tensor([[0.2, -0.2]]).expand(3, 2))
    one = probe("pgd(eps=0.2, steps=1, step=0.05, start=row)").disturb(x, rows(train, linear(weight)))
    assert torch.allclose(one, torch.tensor([[0.05, -0.05]]).expand(3, 2))


def test_it_begins_at_a_random_point_of_the_ball_within_the_range():
    x, train = torch.full((200, 2), 0.95), torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    still = probe("pgd(eps=0.2, steps=1, step=1e-9)").disturb(x, rows(train, linear(torch.zeros(2))))
    assert float(still.max()) <= 1.0
    assert float(still.min()) >= 0.75
    assert float((still - x).abs().mean()) > 0.03
    assert torch.equal(still, probe("pgd(eps=0.2, steps=1, step=1e-9)").disturb(x, rows(train, linear(torch.zeros(2)))))


def test_steps_follow_a_gradient_that_turns():
    """Up a hill with its top within the ball: the steps end near it and not at the edge."""
    x, train = torch.zeros(1, 1), torch.tensor([[-1.0], [1.0]])
    moved = probe("pgd(eps=0.5, steps=60, step=0.02, start=row)").disturb(
        x, rows(train, lambda h: -(h - 0.2).square().sum())
    )
    assert abs(float(moved) - 0.2) <= 0.02 + 1e-6
