"""The test rows that are farthest from the training rows."""

import pytest
import torch
from support.probes import Told, line, probe, real

from mixsuite.data.rows import Data, Subset
from mixsuite.errors import InputError
from mixsuite.evaluation.measure import measure
from mixsuite.mixing.rng import Rng


def test_errors_are_apart_for_far_and_near_rows():
    data = line(4, [0, 1, 2, 0], [0, 1, 2, 0])  # training rows at 0, 1, 2, 3
    x = torch.tensor([0.1, 1.2, 9.0, 2.0])[:, None].expand(4, 3).clone()
    test = Subset(x, torch.tensor([0, 0, 2, 2]))
    data = Data(data.train, data.train, test, "class", 3)
    model = Told(torch.tensor([0, 1, 2, 0, 0, 0, 0, 0, 0, 1]))  # right at 0 and 2, wrong at 1 and at 9
    assert probe("far(share=0.25)").measure(model, data, Rng(0, 512)) == {"far": 1.0, "near": pytest.approx(1 / 3)}
    assert probe("far(share=0.5)").measure(model, data, Rng(0, 512)) == {"far": 1.0, "near": 0.0}


def test_on_real_rows_the_two_parts_make_up_the_error():
    data, model = real("tabular")
    found = measure(probe("far(share=0.3)"), "far", model, data, "tabular", 0)["metrics"]
    n = len(data.test)
    far = round(0.3 * n)
    error = float((model.eval()(data.test.x).argmax(1) != data.test.y).float().mean())
    assert (found["far@far"] * far + found["near@far"] * (n - far)) / n == pytest.approx(error, abs=1e-6)


def test_a_share_of_all_is_refused():
    with pytest.raises(InputError, match="share=1"):
        probe("far(share=1.0)")
