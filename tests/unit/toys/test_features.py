"""What a network of squares has learned of each feature."""

import torch
from support.probes import probe
from support.toy_tasks import opened_toy, toy

from mixsuite.evaluation.measure import measure


def test_features_are_read_off_the_filters_and_errors_told_apart():
    data, model = opened_toy("feature_noise", "dims=8, rows=40, noise=0.0", batch=40)
    with torch.no_grad():
        weight = model.stages[0].weight.zero_()  # [2 classes * 10 filters, 8]
        weight[3, 0], weight[13, 1] = 2.0, -4.0  # the common features, one filter each
        weight[5, 2] = 0.5  # the rare one of class 0; that of class 1 is not known
    found = measure(probe(toy("features")), "f", model, data, "patches", 0)["metrics"]
    assert found["learned_common@f"] == 3.0
    assert found["learned_rare@f"] == 0.25
    assert found["common@f"] == 0.0
    rare = data.test.x[:, 0, 2:4].sum(1) > 0
    unknown = data.test.y[rare] == 1  # weak common features and nothing else decide these
    assert found["rare@f"] <= float(unknown.float().mean())
    assert 0.2 < float(rare.float().mean()) < 0.3
