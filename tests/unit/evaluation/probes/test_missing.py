"""Tables with values that are not there."""

import numpy as np
import torch
from support.probes import probe, real, rows


def test_missing_values_become_the_training_median_or_no_category():
    data, _ = real("tabular")
    groups = np.array(data.groups)
    moved = probe("missing(share=0.3)").disturb(data.test.x, rows(data.train.x, data=data))
    everything = probe("missing(share=1.0)").disturb(data.test.x, rows(data.train.x, data=data))
    for g in np.unique(groups):
        columns = np.flatnonzero(groups == g)
        lost = everything[:, columns]
        number = data.numbers[columns[0]]
        median = np.median(data.train.x[:, columns].numpy(), axis=0) if number else np.zeros(len(columns))
        assert np.allclose(lost.numpy(), median, atol=1e-6)
        changed = (moved[:, columns] != data.test.x[:, columns]).any(1)
        assert torch.equal(moved[changed][:, columns], lost[changed])
    assert torch.equal(probe("missing(share=0.0)").disturb(data.test.x, rows(data.train.x, data=data)), data.test.x)
