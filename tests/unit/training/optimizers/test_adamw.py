"""AdamW written out."""

import torch
from support.optimizers import recipe, run, slope_of, start

from mixsuite.training.optimizers.adamw import Adamw


def test_it_is_the_papers_algorithm_with_decay_of_the_weights():
    path, twin, m, v = run(Adamw(), recipe(optimizer="adamw", weight_decay=0.1)), start(), {}, {}
    differentiate = slope_of(twin)
    for step in range(6):
        differentiate()
        with torch.no_grad():
            for name, w in twin.items():
                g = w.grad.clone()
                w *= 1 - 0.1 * 0.1 / (step + 1)
                m[name] = 0.9 * m.get(name, 0) + 0.1 * g
                v[name] = 0.999 * v.get(name, 0) + 0.001 * g**2
                mean, square = m[name] / (1 - 0.9 ** (step + 1)), v[name] / (1 - 0.999 ** (step + 1))
                w -= 0.1 / (step + 1) * mean / (square.sqrt() + 1e-8)
                torch.testing.assert_close(path[step][name], w.detach())
