"""SGD written out."""

import torch
from support.optimizers import recipe, run, slope_of, start

from mixsuite.training.optimizers.sgd import Sgd


def test_it_is_nesterovs_momentum_with_weight_decay():
    path, twin, speed = run(Sgd(), recipe(weight_decay=0.1)), start(), {}
    differentiate = slope_of(twin)
    for step in range(6):
        differentiate()
        with torch.no_grad():
            for name, w in twin.items():
                g = w.grad + 0.1 * w
                speed[name] = 0.9 * speed[name] + g if name in speed else g
                w -= 0.1 / (step + 1) * (g + 0.9 * speed[name])
                torch.testing.assert_close(path[step][name], w.detach())
