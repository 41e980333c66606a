"""MixupE: its formula row by row, its rescaling, and what it is equal to."""

import pytest
import torch
from support.methods import method
from support.objectives import B, C, D, a_batch, gradient, mixup_loss, network, objective
from torch.nn import functional as F

from mixsuite.mixing import TaskInfo, TrainInfo
from mixsuite.mixing.engine import Tail
from mixsuite.mixing.method import why_not


def test_the_term_of_version_3_is_entropy_minus_cross_entropy():
    """f(x)'(y - p) = H(p) - CE(f(x), y)."""
    net = network()
    x, batch = a_batch()
    out = net(x)
    p = out.softmax(1)
    q = (out * (F.one_hot(batch.y, C) - p)).sum(1)
    entropy = -(p * p.log()).sum(1)
    torch.testing.assert_close(q, entropy - F.cross_entropy(out, batch.y, reduction="none"), atol=1e-14, rtol=0)


@pytest.mark.parametrize("version", ["1", "2", "3", "4", "speech"])
@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_mixupe_is_its_formula_row_by_row(version, alpha):
    """The twin takes every row's term alone, with one backward pass a row, and rescales at the end."""
    eta, tau, net = 0.3, 0.2, network()
    x, batch = a_batch()
    mean = x.mean(0) + 0.5
    value, _ = objective(f"mixupe(version={version}, eta={eta}, tau={tau}, alpha={alpha})", net, {"mean": mean})
    mixed = mixup_loss(net, alpha)
    terms = []
    for i in range(B):
        xi = x[i : i + 1].clone().requires_grad_()
        out = net(xi)[0]
        residual = F.one_hot(batch.y[i], C) - out.softmax(0)
        if version in ("1", "2"):
            jacobian = torch.stack([torch.autograd.grad(out[c], xi, create_graph=True)[0][0] for c in range(C)])
            q = (-residual.detach()) @ (jacobian @ (mean - x[i]))
            terms.append(q.abs() if version == "2" else q if q < tau else q * 0)
        else:
            q = out @ (residual.detach() if version == "4" else residual)
            terms.append({"3": -q if q < tau else q * 0, "4": -q, "speech": -q.abs()}[version])
    total = mixed + eta * alpha / (2 * alpha + 1) * torch.stack(terms).mean()
    wanted = total * (mixed.abs() / total.abs()).detach()
    torch.testing.assert_close(value, wanted, atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(gradient(value, net), gradient(wanted, net), atol=1e-12, rtol=1e-8)


def test_the_rescaled_value_is_mixups():
    value, tail = objective("mixupe(eta=0.5)", network())
    torch.testing.assert_close(value, mixup_loss(network()))
    assert tail.rows == 2 * B
    _, tail = objective("mixupe(version=1)", network(), {"mean": torch.zeros(D, dtype=torch.float64)})
    assert tail.rows == 3 * B  # double backprop counts twice


@pytest.mark.parametrize("norm", [False, True])
def test_version_4s_gradient_is_regmixups_up_to_a_positive_factor(norm):
    """Clean weight eta (1 - mean lambda), clean and mixed rows in two passes."""
    eta, alpha = 0.7, 1.0
    weight = eta * alpha / (2 * alpha + 1)
    clean = weight / (1 + weight)
    mine, _ = objective(f"mixupe(version=4, eta={eta})", (net := network(norm)))
    theirs, _ = objective(f"regmixup(passes=2, alpha=1.0, clean={clean})", (other := network(norm)))
    a, b = gradient(mine, net), gradient(theirs, other)
    torch.testing.assert_close(
        F.cosine_similarity(a, b, dim=0), torch.tensor(1.0, dtype=torch.float64), atol=1e-12, rtol=0
    )
    assert float(a @ b) > 0


def test_eta_0_is_mixup_with_a_clean_pass():
    net, twin = network(norm=True), network(norm=True)
    value, tail = objective("mixupe(eta=0)", net)
    plain = mixup_loss(twin)
    torch.testing.assert_close(gradient(value, net), gradient(plain, twin), atol=1e-14, rtol=0)
    assert tail.rows == 2 * B
    assert int(net[1].num_batches_tracked) == 2  # the clean rows moved the running statistics as well
    assert int(twin[1].num_batches_tracked) == 1
    assert method("mixupe(eta=0)").control == "twin"
    assert method("mixupe(eta=0, length=2)").control == "compute"
    assert not method("mixupe").control


def test_double_backward_goes_through_batch_norm_and_forward_mode_would_not():
    """With BatchNorm in training mode the batch's vector-Jacobian product is not the row's own derivative."""
    net, x = network(norm=True), a_batch()[0].requires_grad_()
    out = net(x)
    v = torch.randn(B, C, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    tail = Tail(net)
    pulled = tail.pullback(out, x, v)
    torch.testing.assert_close(pulled, torch.autograd.grad((net(x) * v).sum(), x)[0])
    net.eval()
    alone = torch.autograd.grad((net(x) * v).sum(), x)[0]
    assert F.cosine_similarity(pulled.flatten(), alone.flatten(), dim=0) < 0.999


def test_the_mean_is_masked_and_other_sites_are_rejected():
    x, mask = torch.randn(4, 2, 3), torch.tensor([[1.0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 0]])[:, None]
    got = method("mixupe(version=1)").prepare(TrainInfo((x, mask), None, 4, 2, "class", ()))["mean"]
    torch.testing.assert_close(got[:, 1], (x[0] + x[2] + x[3])[:, 1] / 3)
    task = TaskInfo("tabular", "class", 3, {"input": (4,), "hidden": (8,)}, 8, 50)
    assert "site 'input' alone" in method("mixupe(version=2, site=hidden)").reject(task)
    assert method("mixupe(site=hidden)").reject(task) is None
    reason = why_not(method("mixupe"), task._replace(kind="regression"))
    assert reason == "made for targets of the kind class, not for regression"
