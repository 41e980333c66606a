"""Several predictions a row: each with its own loss in training, one by their mean in evaluation."""

import pytest
import torch
from torch.nn import functional as F

from mixsuite.mixing.losses import LOSSES
from mixsuite.models.ensemble import MeanOfMembers


def test_the_mean_is_over_probabilities_and_values():
    out = torch.randn(5, 4, 3, dtype=torch.float64) * 3
    classes, labels, values = (MeanOfMembers(kind).eval()(out) for kind in ("class", "multilabel", "regression"))
    torch.testing.assert_close(classes.softmax(1), out.softmax(2).mean(1))
    torch.testing.assert_close(labels.sigmoid(), out.sigmoid().mean(1))
    torch.testing.assert_close(values, out.mean(1))
    assert MeanOfMembers("class").train()(out) is out


@pytest.mark.parametrize("kind", LOSSES)
def test_a_rows_loss_is_the_mean_of_its_members_losses(kind):
    out = torch.randn(6, 4, 3, dtype=torch.float64)
    y = {
        "class": torch.arange(6) % 3,
        "multilabel": (torch.rand(6, 3) < 0.5).double(),
        "regression": torch.randn(6, 3),
    }[kind]
    alone = [LOSSES[kind](out[:, k], y) for k in range(4)]
    torch.testing.assert_close(LOSSES[kind](out, y), torch.stack(alone).mean(0))


def test_one_prediction_a_row_is_as_ever_to_the_bit():
    out, y = torch.randn(9, 3), torch.arange(9) % 3
    assert torch.equal(LOSSES["class"](out, y), F.cross_entropy(out, y, reduction="none"))
    soft = torch.rand(9, 3).softmax(1)
    assert torch.equal(LOSSES["class"](out, soft), F.cross_entropy(out, soft, reduction="none"))


def test_members_see_soft_targets_too():
    out, soft = torch.randn(4, 2, 3), torch.rand(4, 3).softmax(1)
    wanted = torch.stack([F.cross_entropy(out[:, k], soft, reduction="none") for k in range(2)]).mean(0)
    torch.testing.assert_close(LOSSES["class"](out, soft), wanted)
