"""FMix: masks of the brightest share of a smooth picture."""

import numpy as np
from scipy import stats as laws
from support.methods import plan_of

from mixsuite.mixing.rng import Rng


def test_fmix_keeps_the_brightest_share_of_a_smooth_picture():
    areas = []
    for step in range(100):
        plan = plan_of("fmix", step=step)
        mask = plan.wx[0, 0]
        assert set(mask.unique().tolist()) <= {0.0, 1.0}
        lam = float(Rng(0, 12).at(step).beta(1.0, 1.0, 1))
        assert float(mask.sum()) == round(lam * 70)
        areas.append(float(plan.wy[0]))
    assert laws.kstest(areas, "uniform").pvalue > 0.01

    def edges(text):  # neighbours that differ: fewer where the mask is smoother
        masks = [plan_of(text, step=s, shape=(1, 16, 16)).wx[0, 0] for s in range(40)]
        return np.mean([float((m.diff(dim=0) != 0).float().mean()) for m in masks if 60 < m.sum() < 196])

    assert edges("fmix(decay=3)") < 0.5 * edges("fmix(decay=0)")
