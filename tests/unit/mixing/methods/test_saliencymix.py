"""SaliencyMix: the box is where the partner has its edge."""

import torch
from support.methods import plan_of


def test_saliencymix_puts_the_box_where_the_partner_has_its_edge():
    x = torch.zeros(12, 1, 15, 15)
    spots = [(2 + i % 5 * 2, 3 + i % 4 * 3) for i in range(12)]
    for i, (row, column) in enumerate(spots):
        x[i, 0, row - 1 : row + 2, column - 1 : column + 2] = torch.tensor([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]])
    for step in range(20):
        plan = plan_of("saliencymix", shape=(1, 15, 15), step=step, x=x)
        for i, j in enumerate(plan.partner.tolist()):
            box = (plan.wx[i, 0] == 0).nonzero().float()
            if 9 <= len(box) <= 60 and 4 < box[:, 0].mean() < 10 and 4 < box[:, 1].mean() < 10:
                middle = (box.amin(0) + box.amax(0) + 1) / 2
                assert torch.allclose(middle, torch.tensor(spots[j]).float(), atol=2.1)
