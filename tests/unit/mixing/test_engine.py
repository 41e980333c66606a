"""The one arithmetic line: mixing a state, and the two-term loss."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from mixsuite.errors import SkipRun
from mixsuite.mixing import Batch, Plan, interpolate, over, run_mean, two_term_loss
from mixsuite.mixing.engine import Tail, clean_loss, step_loss
from mixsuite.mixing.losses import binary_cross_entropy, cross_entropy, squared_error


def batch_of(y, row_weight=None):
    return Batch(y, (3,), torch.tensor(0.0), {}, None, row_weight)


def a_plan(n=6, rows=6, **values):
    draws = torch.Generator().manual_seed(0)
    lam = torch.rand(n, generator=draws, dtype=torch.float64)
    partner = torch.randint(rows, (n,), generator=draws)
    return Plan(partner=partner, wx=lam[:, None], wy=lam, **values)


def logits(n=6, c=4):
    return torch.randn(n, c, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)


def test_cross_entropy_in_two_terms_is_cross_entropy_at_the_mixed_target():
    out, y, plan = logits(), torch.tensor([0, 1, 2, 3, 1, 1]), a_plan()
    hot = F.one_hot(y, 4).double()
    soft = plan.wy[:, None] * hot + (1 - plan.wy)[:, None] * hot[plan.partner]
    torch.testing.assert_close(two_term_loss(out, batch_of(y), plan, cross_entropy), F.cross_entropy(out, soft))


def test_soft_labels_pass_through():
    out, plan = logits(), a_plan()
    y = torch.softmax(torch.randn(6, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64), 1)
    soft = plan.wy[:, None] * y + (1 - plan.wy)[:, None] * y[plan.partner]
    torch.testing.assert_close(two_term_loss(out, batch_of(y), plan, cross_entropy), F.cross_entropy(out, soft))


def test_multi_label_targets_pass_through():
    out, plan = logits(), a_plan()
    y = (torch.rand(6, 4, generator=torch.Generator().manual_seed(2)) < 0.5).double()
    soft = plan.wy[:, None] * y + (1 - plan.wy)[:, None] * y[plan.partner]
    wanted = F.binary_cross_entropy_with_logits(out, soft)
    torch.testing.assert_close(two_term_loss(out, batch_of(y), plan, binary_cross_entropy), wanted)


def test_squared_error_in_two_terms_has_the_gradient_of_the_mixed_target():
    out, plan = logits(c=2), a_plan()
    y = torch.randn(6, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    mixed = plan.wy[:, None] * y + (1 - plan.wy)[:, None] * y[plan.partner]
    (got,) = torch.autograd.grad(two_term_loss(out, batch_of(y), plan, squared_error), out)
    (wanted,) = torch.autograd.grad(F.mse_loss(out, mixed), out)
    torch.testing.assert_close(got, wanted)


def test_weights_of_data_rows_multiply_each_term():
    out, y, plan = logits(), torch.tensor([0, 1, 2, 3, 1, 1]), a_plan()
    s = torch.tensor([0.0, 1.0, 2.0, 0.5, 3.0, 1.0], dtype=torch.float64)
    per_row = [
        plan.wy[i] * s[i] * F.cross_entropy(out[i], y[i])
        + (1 - plan.wy[i]) * s[plan.partner[i]] * F.cross_entropy(out[i], y[plan.partner[i]])
        for i in range(6)
    ]
    torch.testing.assert_close(two_term_loss(out, batch_of(y, s), plan, cross_entropy), torch.stack(per_row).mean())
    clean = torch.stack([s[i] * F.cross_entropy(out[i], y[i]) for i in range(6)]).mean()
    torch.testing.assert_close(clean_loss(out, batch_of(y, s), cross_entropy), clean)


def test_own_and_weight_let_more_rows_come_out_than_went_in():
    own, weight = torch.tensor([0, 0, 1, 5, 5, 5, 2, 3]), torch.full((8,), 0.25, dtype=torch.float64)
    out, y, plan = logits(8), torch.tensor([0, 1, 2, 3, 1, 1]), a_plan(8, 6, own=own, weight=weight)
    wanted = sum(
        0.25
        * (
            plan.wy[i] * F.cross_entropy(out[i], y[own[i]])
            + (1 - plan.wy[i]) * F.cross_entropy(out[i], y[plan.partner[i]])
        )
        for i in range(8)
    )
    torch.testing.assert_close(two_term_loss(out, batch_of(y), plan, cross_entropy), wanted)
    h = torch.randn(6, 3, dtype=torch.float64)
    z = interpolate(h, plan)
    for i in range(8):
        torch.testing.assert_close(z[i], plan.wx[i] * h[own[i]] + (1 - plan.wx[i]) * h[plan.partner[i]])


@given(
    st.sampled_from([(3,), (2, 5), (1, 4, 4)]),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.float16]),
)
def test_mixing_never_writes_into_its_input_and_keeps_its_type(shape, dtype):
    h = torch.randn(6, *shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    before = h.clone()
    plan = a_plan()
    z = interpolate(h, plan._replace(wx=over(plan.wy, shape)))
    assert torch.equal(h, before)
    assert z.dtype == dtype
    assert z.shape == h.shape


def test_a_share_of_one_is_the_identity_bit_for_bit():
    h = torch.randn(6, 3)
    assert torch.equal(interpolate(h, a_plan()._replace(wx=torch.ones(6, 1))), h)


def test_gradients_reach_both_rows_through_the_in_place_line():
    h = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    plan = a_plan()
    assert torch.autograd.gradcheck(lambda t: interpolate(t, plan), h)


def test_every_leaf_of_a_tuple_is_mixed_and_a_scalar_share_fits_all():
    clips, valid = torch.randn(6, 5, 7), (torch.arange(7) < 4).float().expand(6, 1, 7).contiguous()
    plan = a_plan()._replace(wx=over(torch.full((6,), 0.25), (5, 7)))
    mixed, soft = interpolate((clips, valid), plan)
    torch.testing.assert_close(mixed, 0.25 * clips + 0.75 * clips[plan.partner])
    torch.testing.assert_close(soft, 0.25 * valid + 0.75 * valid[plan.partner])


def test_a_mask_is_laid_over_leaves_it_fits_and_never_widens_one():
    clips, valid = torch.randn(6, 5, 7), torch.ones(6, 1, 7)
    band = a_plan()._replace(wx=(torch.rand(6, 1, 7) < 0.5).float())
    mixed, _ = interpolate((clips, valid), band)
    torch.testing.assert_close(mixed, band.wx * clips + (1 - band.wx) * clips[band.partner])
    box = a_plan()._replace(wx=(torch.rand(6, 5, 7) < 0.5).float())
    mixed, soft = interpolate((clips, valid), box)
    torch.testing.assert_close(mixed, box.wx * clips + (1 - box.wx) * clips[box.partner])
    share = box.wx.mean(1, keepdim=True)  # a frame is valid by the share of its bands that are
    torch.testing.assert_close(soft, share * valid + (1 - share) * valid[box.partner])
    with pytest.raises(ValueError, match="without widening"):
        interpolate((clips, torch.ones(6, 3)), box)
    with pytest.raises(ValueError, match="without widening"):
        interpolate(torch.randn(6, 1, 8, 8), a_plan()._replace(wx=torch.ones(6, 1, 4, 4)))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_mean_of_several_runs_is_the_mean_of_each(weighted):
    values, weight = torch.arange(12.0), torch.rand(12) if weighted else None
    found = run_mean(values, 3, weight)
    for run in range(3):
        part = slice(4 * run, 4 * run + 4)
        alone = values[part].mean() if weight is None else (values[part] * weight[part]).sum()
        torch.testing.assert_close(found[run], alone)
        torch.testing.assert_close(run_mean(values[part], 1, None if weight is None else weight[part]), alone)
    assert run_mean(values, 1).shape == ()


def test_the_losses_of_runs_side_by_side_are_their_own():
    plan, y = a_plan(12, 12), torch.arange(12) % 4
    plan = plan._replace(partner=torch.cat([plan.partner[:6] % 6, plan.partner[6:] % 6 + 6]))
    out = logits(12)
    together = two_term_loss(out, batch_of(y)._replace(runs=2), plan, cross_entropy)
    clean = clean_loss(out, batch_of(y)._replace(runs=2), cross_entropy)
    for run, part in enumerate((slice(0, 6), slice(6, 12))):
        alone = Plan(plan.partner[part] - 6 * run, plan.wx[part], plan.wy[part])
        torch.testing.assert_close(together[run], two_term_loss(out[part], batch_of(y[part]), alone, cross_entropy))
        torch.testing.assert_close(clean[run], clean_loss(out[part], batch_of(y[part]), cross_entropy))


def test_a_tail_counts_the_rows_of_passes_that_are_differentiated():
    tail, h = Tail(lambda h: 3 * h), torch.randn(5, 2, requires_grad=True)
    with torch.no_grad():
        tail(h)
    assert tail.rows == 0
    out = tail(h)
    assert tail.rows == 5
    pulled = tail.pullback(out, h, torch.ones(5, 2))
    assert torch.equal(pulled, torch.full((5, 2), 3.0))
    assert tail.rows == 10


def test_a_step_without_a_plan_is_the_clean_loss_and_with_one_the_methods_objective():
    class Doubles:
        def objective(self, tail, h, batch, plan, loss):
            return 2 * loss(tail(h), batch.y).mean()

    y, h = torch.tensor([0, 1, 2, 3, 1, 1]), logits()
    clean = F.cross_entropy(h, y)
    torch.testing.assert_close(step_loss(Doubles(), Tail(lambda h: h), h, batch_of(y), None, cross_entropy), clean)
    torch.testing.assert_close(
        step_loss(Doubles(), Tail(lambda h: h), h, batch_of(y), a_plan(), cross_entropy), 2 * clean
    )


def parts():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Sequential(nn.ReLU(), nn.Linear(5, 3)), nn.LSTM(3, 2))


def test_what_named_parts_give_is_seen_on_the_way_and_can_be_differentiated():
    net, h = parts(), torch.randn(6, 4, requires_grad=True)
    tail = Tail(lambda h: net[1](net[0](h)), net)
    out, seen = tail.seen(h, "0", "*.0")
    torch.testing.assert_close(seen["0"], net[0](h))
    torch.testing.assert_close(seen["*.0"], net[0](h).relu())  # the last one of this name
    torch.testing.assert_close(out, net[1](seen["0"]))
    assert tail.rows == 6
    (gradient,) = torch.autograd.grad(seen["0"].sum(), h)
    torch.testing.assert_close(gradient, net[0].weight.sum(0).expand(6, 4))
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blocks.3", "the submodule 'blocks.3', which this model does not have \\(it has: 0, 1, 1.0, 1.1, 2\\)"),
        ("*.attn", "the submodule '\\*.attn', which this model does not have"),
        ("2", "the submodule '2', which does not run behind this site"),
    ],
)
def test_a_part_that_is_not_there_skips_the_run(name, said):
    net = parts()
    with pytest.raises(SkipRun, match=said):
        Tail(lambda h: net[1](net[0](h)), net).seen(torch.randn(2, 4), name)
    with pytest.raises(SkipRun, match="it has: none that could be seen"):
        Tail(lambda h: h).seen(torch.randn(2, 4), name)
    whole = nn.LSTM(3, 2)
    with pytest.raises(SkipRun, match="the submodule 'a', which gives a tuple"):
        Tail(lambda h: whole(h)[0], nn.ModuleDict({"a": whole})).seen(torch.randn(2, 3), "a")
