"""Wide residual nets: their sizes as published."""

import pytest
import torch

from mixsuite.data.rows import Data, Subset
from mixsuite.models.images.wide_resnet import WideResnet


@pytest.mark.parametrize(("depth", "widen", "weights"), [(28, 10, 36_479_194), (16, 4, 2_748_890), (40, 2, 2_243_546)])
def test_it_has_as_many_weights_as_published(depth, widen, weights):
    """The first in its docstring; Zagoruyko and Komodakis, table 4, give 36.5, 2.7 (16-4) and 2.2 million (40-2)."""
    part = Subset(torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.int64))
    with torch.device("meta"):
        net = WideResnet(depth, widen).build(Data(part, part, part, "class", 10))
    assert sum(weight.numel() for weight in net.parameters()) == weights


def test_a_depth_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="depth=20: allowed is 6 n"):
        WideResnet(depth=20)
