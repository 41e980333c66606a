"""Lion written out."""

import pytest
import torch
from support.optimizers import recipe, run, slope_of, start

from mixsuite.training.optimizers.lion import Lion


def test_it_steps_along_the_sign_of_a_momentum():
    path, twin, m = run(Lion(0.8, 0.95), recipe(weight_decay=0.1)), start(), {}
    differentiate = slope_of(twin)
    for step in range(6):
        differentiate()
        rate = 0.1 / (step + 1)
        with torch.no_grad():
            for name, w in twin.items():
                before = m.get(name, torch.zeros_like(w))
                way = (0.8 * before + 0.2 * w.grad).sign() + 0.1 * w
                m[name] = 0.95 * before + 0.05 * w.grad
                w -= rate * way
                torch.testing.assert_close(path[step][name], w.detach())
    with pytest.raises(ValueError, match="beta1=1"):
        Lion(beta1=1)
