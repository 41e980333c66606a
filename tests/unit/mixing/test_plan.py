"""Plans: what is refused, and several runs' plans as one."""

import pytest
import torch

from mixsuite.mixing import Batch, Plan, interpolate, two_term_loss
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.plan import check_form, check_plan, check_shares, distinct, join


def a_plan(n=6, rows=6, **values):
    draws = torch.Generator().manual_seed(0)
    lam = torch.rand(n, generator=draws, dtype=torch.float64)
    partner = torch.randint(rows, (n,), generator=draws)
    return Plan(partner=partner, wx=lam[:, None], wy=lam, **values)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"partner": torch.zeros(6)}, "partner must be int64"),
        ({"partner": torch.full((6,), 6)}, r"0\.\.5"),
        ({"partner": torch.full((6,), -1)}, r"0\.\.5"),
        ({"wy": torch.full((6,), 1.5)}, r"wy must lie in \[0, 1\]"),
        ({"wx": torch.full((6, 1), float("nan"))}, r"wx must lie in \[0, 1\]"),
        ({"wx": torch.ones(4, 1)}, r"wx must be \[6"),
        ({"wy": torch.ones(6, 1)}, r"wy must be \[6\]"),
        ({"weight": torch.ones(5)}, r"weight must be \[6\]"),
        ({"own": torch.zeros(5, dtype=torch.int64)}, r"own must be \[6\]"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(fault, said):
    check_plan(a_plan(), 6)
    with pytest.raises(ValueError, match=said):
        check_plan(a_plan()._replace(**fault), 6)


def test_more_rows_than_the_batch_need_own():
    with pytest.raises(ValueError, match="own=None"):
        check_plan(a_plan(8, 6), 6)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (None, "plan() must return a Plan of tensors, returned None"),
        ((1, 2), "plan() must return a Plan of tensors, returned a tuple"),
        (Plan(torch.arange(2), 1.0, torch.ones(2)), "returned partner: Tensor, wx: float, wy: Tensor"),
        (Plan(torch.arange(2), torch.ones(2), torch.ones(2), extra={"a": 1}), "extra must be tensors by name"),
        (
            Plan(torch.arange(2), torch.ones(2), torch.ones(2), extra={"wx": torch.ones(2)}),
            "extra must not be called as a field is: wx",
        ),
    ],
)
def test_what_is_no_plan_is_named(plan, said):
    with pytest.raises(ValueError) as error:
        check_plan(plan, 2)
    assert said in str(error.value)


def test_the_tensors_of_a_plan_have_an_order_that_digests_rely_on():
    extra = {"scale": torch.ones(6), "shift": torch.zeros(6)}
    assert list(a_plan(extra=extra).tensors()) == ["partner", "wx", "wy", "scale", "shift", "own", "weight"]
    assert list(a_plan().tensors()) == ["partner", "wx", "wy", "own", "weight"]


@pytest.mark.parametrize("own", [False, True])
def test_joined_plans_mix_as_each_does_alone(own):
    draws = torch.Generator().manual_seed(3)

    def one():
        lam = torch.rand(4, generator=draws)
        rows = torch.randint(5, (4,), generator=draws) if own else None
        weight = torch.rand(4, generator=draws) if own else None
        return Plan(
            torch.randint(4, (4,), generator=draws), lam[:, None], lam, rows, weight, {"scale": lam[:, None] + 1}
        )

    plans, size = [one(), one(), one()], 5 if own else 4
    h, y = torch.randn(3 * size, 3, generator=draws), torch.randint(3, (3 * size,), generator=draws)
    together = join(plans, size)
    batch = Batch(y, (3,), torch.tensor(0.0), {}, runs=3)
    mixed, losses = interpolate(h, together), two_term_loss(interpolate(h, together), batch, together, cross_entropy)
    for run, plan in enumerate(plans):
        part = slice(size * run, size * run + size)
        alone = interpolate(h[part], plan)
        assert torch.equal(mixed[4 * run : 4 * run + 4], alone)
        assert torch.equal(together.extra["scale"][4 * run : 4 * run + 4], plan.extra["scale"])
        own_batch = Batch(y[part], (3,), torch.tensor(0.0), {})
        torch.testing.assert_close(losses[run], two_term_loss(alone, own_batch, plan, cross_entropy))


@pytest.mark.parametrize("field", ["own", "weight", "extra"])
def test_a_field_of_one_run_alone_is_refused(field):
    more = {"own": torch.arange(6), "weight": torch.ones(6), "extra": {"scale": torch.ones(6)}}[field]
    name = "scale" if field == "extra" else field
    with pytest.raises(ValueError, match=f"plan: {name} is None in one run and not in another"):
        join([a_plan(), a_plan(**{field: more})], 6)


def test_an_expanded_share_is_looked_at_once():
    share = torch.rand(1, 1, 4).expand(6, 3, 4)
    assert distinct(share).shape == (1, 1, 4)
    assert torch.equal(distinct(share).expand(6, 3, 4), share)
    assert distinct(torch.rand(6, 2)).shape == (6, 2)


def test_many_plans_are_checked_at_once_and_rows_only_where_they_are_known():
    good, far = a_plan(), a_plan()._replace(partner=torch.full((6,), 9))
    check_shares([good, far])
    with pytest.raises(ValueError, match=r"partner must lie in 0\.\.5, is \d to 9"):
        check_shares([good, far], 6)
    with pytest.raises(ValueError, match=r"own must lie in 0\.\.5, is -1 to -1"):
        check_shares([good, good._replace(own=torch.full((6,), -1))], 6)
    with pytest.raises(ValueError, match=r"wy must lie in \[0, 1\], is .* to 2"):
        check_shares([good, good._replace(wy=torch.full((6,), 2.0))])
    with pytest.raises(ValueError, match=r"wx must lie in \[0, 1\], has NaN"):
        check_shares([good, good._replace(wx=torch.full((6, 1), torch.nan))])


def several(**changes):
    """A good plan of two partners for four rows."""
    wy = torch.tensor([0.5, 0.3, 0.2]).expand(4, 3).clone()
    good = {"partner": torch.tensor([[1, 2], [2, 3], [3, 0], [0, 1]]), "wx": wy[:, :, None].clone(), "wy": wy}
    return Plan(**(good | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"partner": torch.tensor([[1, 4]] * 4)}, r"partner must lie in 0\.\.3"),
        ({"partner": torch.zeros(4, 0, dtype=torch.int64)}, "one column at least"),
        ({"partner": torch.zeros(4, 2, 1, dtype=torch.int64)}, r"partner must be \[N\] or \[N, P\]"),
        ({"wy": torch.full((4,), 0.5)}, r"wy must be \[4, 3\], is \[4\]"),
        ({"wx": torch.full((4, 2, 1), 0.5)}, r"wx must be \[4, 3, ...\], is \[4, 2, 1\]"),
        ({"wx": torch.full((4, 3, 1), 0.5)}, "wx's shares of a row must sum to 1, sum to 1.5 to 1.5"),
        ({"wy": torch.tensor([[1.2, 0.0, -0.2]] * 4)}, r"wy must lie in \[0, 1\]"),
    ],
)
def test_a_plan_of_several_partners_that_is_wrong_is_named(changes, said):
    check_plan(several(), 4)
    with pytest.raises(ValueError, match=said):
        check_plan(several(**changes), 4)


def test_plans_of_several_partners_are_joined_with_their_rows_shifted():
    both = join([several(), several()], 4)
    assert both.partner.tolist() == several().partner.tolist() + (several().partner + 4).tolist()
    assert both.wx.shape == (8, 3, 1)
    check_plan(both, 8)


def test_the_form_of_a_plan_is_checked_without_a_look_at_its_values():
    check_form(several(wx=torch.full((4, 3, 1), 9.0)), 4)
    with pytest.raises(ValueError, match="wy must be"):
        check_form(several(wy=torch.ones(4)), 4)
