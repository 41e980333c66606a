"""Label smoothing is torch's."""

import pytest
import torch
from support.methods import method, rows

from mixsuite.mixing import Batch
from mixsuite.mixing.engine import Tail, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import Rng


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.4])
def test_label_smoothing_is_torchs(eps):
    y, h = torch.arange(12) % 3, rows(shape=(4,))
    weight = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    smooth, batch = method(f"label_smoothing(eps={eps})"), Batch(y, (4,), torch.tensor(0.0), {})
    found = step_loss(
        smooth, Tail(lambda s: s @ weight), h, batch, smooth.plan(batch, Rng(0, 12).at(0)), LOSSES["class"]
    )
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(h @ weight, y, label_smoothing=eps))
    soft = torch.nn.functional.one_hot(y, 3).float()
    again = step_loss(
        smooth,
        Tail(lambda s: s @ weight),
        h,
        batch._replace(y=soft),
        smooth.plan(batch, Rng(0, 12).at(0)),
        LOSSES["class"],
    )
    torch.testing.assert_close(found, again)
