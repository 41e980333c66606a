"""The variance of gradients of mixed batches, against enumeration."""

import numpy as np
import pytest
import torch
from support.probes import probe
from support.tasks import opened
from torch import nn

from mixsuite.data.rows import Data, Subset
from mixsuite.evaluation.measure import measure
from mixsuite.evaluation.probes.gradient_variance import Mixed
from mixsuite.models.base import Staged


def test_gradients_of_rows_are_those_of_one_at_a_time():
    data, model = opened("digits(rows=30)@digits_conv")
    mixed = Mixed(model.eval(), data)
    one, other, lam = torch.tensor([0, 3, 5]), torch.tensor([1, 2, 4]), torch.tensor([0.2, 0.5, 0.9]).double()
    rows = mixed.gradients(one, other, lam)
    for row in range(3):
        alone = mixed.gradient(one[row : row + 1], other[row : row + 1], lam[row : row + 1, None])
        torch.testing.assert_close(rows[row], alone, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(mixed.gradient(one, other, lam[:, None]), rows.mean(0), rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.long
def test_the_variance_law_is_exact_where_everything_can_be_counted():
    """One weight, squared error, all pairs and a fine grid of lambdas: both parts of the law by enumeration."""

    class One(Staged):
        def __init__(self):
            super().__init__([nn.Linear(1, 1, bias=False)], {"input": 0})
            nn.init.constant_(self.stages[0].weight, 0.7)

    draws = np.random.default_rng(1)
    x, y = draws.normal(size=4), draws.normal(size=4)
    part = Subset(torch.from_numpy(x)[:, None], torch.from_numpy(y)[:, None])
    data = Data(part, part, part, "regression", 1)
    lam = (np.arange(2000) + 0.5) / 2000
    z = lam * x[:, None, None] + (1 - lam) * x[None, :, None]
    residual = lambda target: 2 * (0.7 * z - target) * z  # noqa: E731
    g = lam * residual(y[:, None, None]) + (1 - lam) * residual(y[None, :, None])
    between, within = g.mean(2).var(), g.var(2).mean()
    made = probe("gradient_variance(k=4, batch=8, repeats=2000, pairs=2000)")
    found = measure(made, "v", One(), data, "tabular", 0)["metrics"]
    assert found["within@v"] == pytest.approx(within / (between + within), abs=0.04)
    assert found["predicted@v"] == pytest.approx((between + within / 4) / (between + within), abs=0.04)
    assert found["many@v"] == pytest.approx((between + within / 4) / (between + within), abs=0.06)
    assert found["fresh@v"] == pytest.approx(1 / 4, abs=0.03)
    assert found["stratified@v"] < found["many@v"]
    assert found["law@v"] < 3
    assert found["law_one@v"] < 3
