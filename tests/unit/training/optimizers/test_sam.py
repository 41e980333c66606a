"""Sharpness-aware minimisation written out, and in a training: two passes on the same rows."""

import pytest
import torch
from support.optimizers import recipe, run, slope_of, start
from support.tasks import job_of

from mixsuite.training.loop import train
from mixsuite.training.optimizers.sam import Sam


def test_it_steps_along_the_gradient_at_the_worst_place_near():
    path, twin = run(Sam(rho=0.3), recipe(momentum=0.0)), start()
    differentiate = slope_of(twin)
    for step in range(6):
        differentiate()
        norm = sum((w.grad**2).sum() for w in twin.values()).sqrt()
        here = {name: w.detach().clone() for name, w in twin.items()}
        with torch.no_grad():
            for w in twin.values():
                w += 0.3 * w.grad / norm
        differentiate()
        with torch.no_grad():
            for name, w in twin.items():
                w.copy_(here[name] - 0.1 / (step + 1) * w.grad)
                torch.testing.assert_close(path[step][name], w.detach())
    with pytest.raises(ValueError, match="rho=0"):
        Sam(rho=0)


@pytest.mark.parametrize("method", ["erm", "mixup", "mixupe"])
def test_it_trains_on_twice_the_rows_of_one_plan(method):
    sam, plain = (train(job_of("wine", method, optimizer=name, steps=4, batch=8)) for name in ("sam", "sgd"))
    assert sam.rows_per_step == 2 * plain.rows_per_step
    assert all(sam.digests[stage] == plain.digests[stage] for stage in ("init", "order", "draws", "plan"))
    assert sam.digests["weights"] != plain.digests["weights"]
    assert sam.curve[0]["loss"] == pytest.approx(plain.curve[0]["loss"])  # at the same weights


def test_dropout_draws_the_same_masks_in_both_passes():
    """At a distance near nothing the second gradient is the first: the step is SGD's."""
    given = {"steps": 3, "batch": 8, "model": "mlp(width=8)", "dropout": 0.5}
    far, plain = (train(job_of("wine", "mixup", optimizer=name, **given)) for name in ("sam(rho=1e-9)", "sgd"))
    for name, value in plain.model.state_dict().items():
        torch.testing.assert_close(far.model.state_dict()[name], value, rtol=1e-6, atol=1e-9)
