"""GridMix: whole cells."""

import torch
from support.methods import plan_of, shares


def test_gridmix_swaps_whole_cells():
    for step in range(30):
        mask = plan_of("gridmix(cells=3, lam=row)", shape=(1, 9, 12), step=step).wx[:, 0]
        cells = mask.reshape(12, 3, 3, 3, 4).transpose(2, 3)
        assert torch.equal(cells.amin((3, 4)), cells.amax((3, 4)))
    assert 0.4 < shares("gridmix").mean() < 0.6
