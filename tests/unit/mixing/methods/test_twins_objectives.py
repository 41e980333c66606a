"""Methods with an objective of their own against slow twins from the papers' formulas, written without their code."""

import numpy as np
import pytest
from support.twins import a_step, cross, log_softmax, one_hot


def target_of(step, i):
    own, other = one_hot(step.labels[step.own[i]]), one_hot(step.labels[step.partner[i]])
    return step.wy[i] * own + (1 - step.wy[i]) * other


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("eps", [0.05, 0.6])
@pytest.mark.parametrize("at", [0, 7, 30])
def test_amp(lam, eps, at):
    """lam' = lam + eps sign(d loss / d lam), by a difference quotient, cut to [0, 1]; the target keeps lam."""
    step = a_step(f"amp(eps={eps}, lam={lam})", (2, 3, 3), step=at)
    losses = []
    for i in range(8):
        own, other, target = step.seen[i], step.seen[step.partner[i]], target_of(step, i)

        def loss(share, own=own, other=other, target=target):
            return cross(step.net.of_row(share * own + (1 - share) * other), target)

        slope = (loss(step.wy[i] + 1e-5) - loss(step.wy[i] - 1e-5)) / 2e-5
        moved = min(1, max(0, step.wy[i] + eps * np.sign(slope)))
        losses.append(loss(moved))
    np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-9)


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize(("weight", "margin"), [(0.1, 0.02), (3.0, 0.5), (1.0, 0.0)])
def test_rank_mixup(lam, weight, margin):
    """Clean loss + weight mean_i max(0, c(z_i) - c(x_i) + margin), c the largest probability, x_i the larger share's row."""
    step = a_step(f"rank_mixup(weight={weight}, margin={margin}, lam={lam})", (2, 3, 3), step=5)

    def sure(row):
        return np.exp(log_softmax(step.net.of_row(row))).max()

    clean, rank = [], []
    for i in range(8):
        own, other, share = step.seen[i], step.seen[step.partner[i]], step.wy[i]
        clean.append(cross(step.net.of_row(own), one_hot(step.labels[i])))
        nearer = own if share >= 0.5 else other
        rank.append(max(0, sure(share * own + (1 - share) * other) - sure(nearer) + margin))
    np.testing.assert_allclose(step.loss(), np.mean(clean) + weight * np.mean(rank), rtol=1e-6)
    assert np.mean(rank) > 0
