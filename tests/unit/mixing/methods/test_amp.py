"""The adversarial policy against finite differences of each row's loss."""

import pytest
import torch
from support.methods import method, plan_of, rows

from mixsuite.mixing import Batch, Tail
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.amp import Amp


def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3)
    ).double()


def test_each_share_is_moved_up_its_rows_loss_and_the_target_keeps_lambda():
    x, y, model = rows(shape=(6,)).double(), torch.arange(12) % 3, net()
    plan = plan_of("amp(eps=0.1, lam=row)", shape=(6,))
    lam = plan.wy.double()

    @torch.no_grad()
    def loss_of(i, share):
        z = share * x[i] + (1 - share) * x[plan.partner[i]]
        log_p = model(z[None]).log_softmax(1)[0]
        return float(-(lam[i] * log_p[y[i]] + (1 - lam[i]) * log_p[y[plan.partner[i]]]))

    total = 0.0
    for i in range(12):
        slope = loss_of(i, lam[i] + 1e-5) - loss_of(i, lam[i] - 1e-5)
        moved = min(max(float(lam[i]) + 0.1 * ((slope > 0) - (slope < 0)), 0), 1)
        total += loss_of(i, moved) / 12
    tail = Tail(model)
    found = method("amp(eps=0.1, lam=row)").objective(
        tail, x, Batch(y, (6,), torch.tensor(0.0), {}), plan, cross_entropy
    )
    assert float(found.detach()) == pytest.approx(total, rel=1e-5)
    assert tail.rows == 24
    found.backward()
    assert all(w.grad is not None for w in model.parameters())


def test_no_move_is_mixup():
    x, y, model = rows(shape=(6,)).double(), torch.arange(12) % 3, net()
    batch = Batch(y, (6,), torch.tensor(0.0), {})
    both = [
        method(t).objective(Tail(model), x, batch, plan_of(t, shape=(6,)), cross_entropy)
        for t in ("amp(eps=0)", "mixup")
    ]
    torch.testing.assert_close(*both)
    with pytest.raises(ValueError, match="eps=2"):
        Amp(eps=2)
