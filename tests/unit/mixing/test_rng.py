"""Keyed streams: every number is a function of (seed, kind, step)."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mixsuite.mixing import rng
from mixsuite.mixing.rng import Rng, batch_order, stream, torch_seed, uniforms

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 40))
def test_a_block_is_its_steps_drawn_alone(seed, start, steps, width):
    block = uniforms(seed, "draw/lam", start, steps, width)
    alone = [uniforms(seed, "draw/lam", start + t, 1, width)[0] for t in range(steps)]
    np.testing.assert_array_equal(block, alone)


def test_kinds_seeds_and_steps_do_not_overlap():
    seen = [uniforms(s, k, 0, 50, 30).ravel() for s in (0, 1) for k in ("draw/lam", "draw/partner", "suite/order")]
    everything = np.concatenate(seen)
    assert len(np.unique(everything)) == len(everything)


def test_draws_are_uniform_and_independent_over_steps():
    u = uniforms(3, "draw/lam", 0, 400, 50)
    assert stats.kstest(u.ravel(), "uniform").pvalue > 0.001
    assert abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < 0.15


def test_a_step_does_not_depend_on_the_steps_before_it():
    walked, jumped = Rng(5, width=8), Rng(5, width=8)
    for step in range(3000):
        walked.at(step).beta(0.3, 0.3, 8)
    last = walked.at(2999)
    assert torch.equal(last.beta(0.3, 0.3, 8), jumped.at(2999).beta(0.3, 0.3, 8))
    assert torch.equal(last.permutation(8), jumped.permutation(8))


def test_a_second_request_of_a_kind_is_another_stream():
    rng = Rng(0, width=4).at(7)
    first, second = rng.uniform(4, kind="box"), rng.uniform(4, kind="box")
    assert not torch.equal(first, second)
    again = Rng(0, width=4).at(7)
    assert torch.equal(first, again.uniform(4, kind="box"))
    assert torch.equal(second, again.uniform(4, kind="box"))


def test_laws_of_a_kind_share_their_quantiles():
    narrow, wide = Rng(1, 64).at(3).beta(0.2, 0.2, 64).double(), Rng(1, 64).at(3).beta(1.0, 1.0, 64).double()
    middle = (narrow > 1e-6) & (narrow < 1 - 1e-6)
    np.testing.assert_allclose(stats.beta(0.2, 0.2).cdf(narrow[middle].numpy()), wide[middle].numpy(), atol=1e-4)
    one = Rng(1, 64).at(3).beta(1.0, 1.0, 1)
    assert one[0] == wide[0].float()  # one lambda per batch is row 0 of one per row


def test_what_one_method_draws_does_not_move_what_another_gets():
    plain, busy = Rng(2, 16).at(9), Rng(2, 16).at(9)
    busy.uniform(16, kind="box")
    busy.normal(100, kind="noise")
    busy.beta(0.1, 3.0, 16, kind="lam_y")
    assert torch.equal(plain.permutation(16), busy.permutation(16))
    assert torch.equal(plain.beta(1, 1, 16), busy.beta(1, 1, 16))


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.2), (1.0, 1.0), (2.0, 5.0)])
def test_beta_and_normal_have_their_laws(a, b):
    lam = np.concatenate([Rng(4, 100, dtype=torch.float64).at(t).beta(a, b, 100).numpy() for t in range(40)])
    assert stats.kstest(lam, stats.beta(a, b).cdf).pvalue > 0.001
    noise = np.concatenate(
        [Rng(4, 100, dtype=torch.float64).at(t).normal(100, kind="noise").numpy() for t in range(40)]
    )
    assert stats.kstest(noise, "norm").pvalue > 0.001


@given(seeds, st.integers(1, 60), st.integers(1, 40), st.integers(1, 30))
@settings(max_examples=60)
def test_batches_are_cut_from_whole_epochs(seed, rows, batch, steps):
    order = batch_order(seed, rows, batch, steps)
    assert order.shape == (steps, batch)
    assert order.dtype == np.int64
    counts = np.bincount(order.ravel(), minlength=rows)
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(order, batch_order(seed, rows, batch, steps + 3)[:steps])
    with pytest.MonkeyPatch.context() as planted:  # epochs by themselves
        planted.setattr(rng, "_ORDERED", 1)
        np.testing.assert_array_equal(order, batch_order(seed, rows, batch, steps))


@given(st.integers(1, 200))
def test_a_permutation_is_one(n):
    assert sorted(Rng(0, n).at(1).permutation(n).tolist()) == list(range(n))


def test_no_global_generator_is_read_or_changed():
    def states():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    before = states()
    first = _everything()
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    moved = states()
    assert torch.equal(first, _everything())
    assert states() == moved
    assert before != moved


def _everything():
    rng = Rng(0, 8).at(0)
    stream(0, "split").permutation(5)
    torch_seed(0, "init")
    return torch.cat([rng.beta(0.5, 0.5, 8), rng.normal(8, kind="noise"), rng.permutation(8).float()])


def test_a_longer_request_begins_as_a_shorter_one():
    short, long = Rng(0, 8).at(3).beta(1, 1, 8), Rng(0, 8).at(3).beta(1, 1, 19)
    assert torch.equal(short, long[:8])
    assert len(set(long.tolist())) == 19


def test_uniforms_stay_below_one_in_single_precision(monkeypatch):
    monkeypatch.setattr("mixsuite.mixing.rng.uniforms", lambda *a: np.full((a[3], a[4]), 1 - 2.0**-53))
    assert float(Rng(0, 4).uniform(4, kind="u").max()) < 1


def test_strata_divide_the_law_and_coupled_laws_share_quantiles():
    lam = torch.stack([Rng(0, 1000).at(1).beta(0.5, 0.5, 1000, stratum=(k, 4)) for k in range(4)])
    edges = stats.beta(0.5, 0.5).ppf([0, 0.25, 0.5, 0.75, 1])
    for k in range(4):
        assert edges[k] - 1e-6 <= float(lam[k].min()) <= float(lam[k].max()) <= edges[k + 1] + 1e-6
    x, y = Rng(0, 50, dtype=torch.float64).at(2).coupled_betas([(1, 1), (4, 4)], 50)
    np.testing.assert_allclose(stats.beta(4, 4).cdf(y.numpy()), x.numpy(), atol=1e-9)
    assert torch.equal(x, Rng(0, 50, dtype=torch.float64).at(2).beta(1, 1, 50))


def test_the_streams_are_what_they_were():
    """Frozen numbers: a library that changes its streams, or a change of keys here, is seen at once."""
    np.testing.assert_array_equal(
        uniforms(0, "draw/lam", 0, 1, 4)[0],
        [0.08399908451221982, 0.20869975616357184, 0.6857258412523468, 0.4037578588874864],
    )
    np.testing.assert_array_equal(
        uniforms(7, "draw/partner", 5, 1, 3)[0], [0.02020982258830295, 0.6907670147573746, 0.6572729359909829]
    )
    assert batch_order(0, 5, 3, 3).tolist() == [[3, 2, 4], [1, 0, 1], [2, 4, 3]]
    assert stream(0, "split").permutation(6).tolist() == [4, 3, 1, 0, 2, 5]
    assert torch_seed(0, "init") == 9039699980550173854


@pytest.mark.slow
def test_a_law_that_changes_at_every_step_gives_what_each_law_gives_alone():
    changing = Rng(3, 8)
    for step in range(40):
        a = 0.1 + 0.05 * step
        alone = Rng(3, 8).at(step)
        found = changing.at(step)
        assert torch.equal(found.beta(a, a, 8), alone.beta(a, a, 8))
        for one, other in zip(
            found.coupled_betas([(a, a), (2.0, 2.0)], 8, kind="other"),
            alone.coupled_betas([(a, a), (2.0, 2.0)], 8, kind="other"),
            strict=True,
        ):
            assert torch.equal(one, other)
        assert torch.equal(found.permutation(8), alone.permutation(8))


def test_what_is_kept_does_not_grow_with_the_number_of_laws():
    rng = Rng(0, 4)
    for step in range(10_000):
        rng.at(step).beta(0.1 + step, 1.0, 4)
    assert len(rng._blocks) == 1
    (block,) = rng._blocks.values()
    assert block.values is None


def test_a_law_that_changes_now_and_then_is_drawn_in_blocks_between(monkeypatch):
    """Each quantile is computed for a whole block once a law stays."""
    from scipy import special

    sizes, real = [], special.betaincinv
    monkeypatch.setattr(special, "betaincinv", lambda a, b, u: sizes.append(len(u)) or real(a, b, u))
    rng = Rng(0, 4)
    for step in range(30):
        rng.at(step).beta(0.5 if step < 10 else 0.7, 0.5, 4)
    assert sizes == [4096, 1, 4096]


def test_a_much_longer_request_takes_the_rest_from_one_stream():
    rng = Rng(3, width=4).at(6)
    u = rng.uniform(25, 3, kind="pixels").flatten()  # 75 of them, 18 more streams of four
    assert torch.equal(u[:4], Rng(3, width=4).at(6).uniform(4, kind="pixels"))
    rest = torch.from_numpy(uniforms(3, "draw/pixels/rest", 6, 1, 71)[0]).float()
    assert torch.equal(u[4:], rest.clamp(max=1 - 2.0**-24))


def test_without_a_width_a_request_is_a_stream_of_its_own_width_in_its_own_space():
    rng = Rng(3, None, space="augment").at(5)
    wanted = uniforms(3, "augment/noise", 5, 1, 10)[0].reshape(5, 2)
    torch.testing.assert_close(rng.uniform(5, 2, kind="noise"), torch.from_numpy(wanted).float())
    other = rng.at(5).uniform(10, kind="noise"), Rng(3, None).at(5).uniform(10, kind="noise")
    assert not torch.equal(*other)
