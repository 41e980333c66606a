"""What a model has learned of its training labels."""

import pytest
import torch
from support.probes import Told, line, probe

from mixsuite.domains.build import make_data
from mixsuite.evaluation.measure import measure
from mixsuite.experiment.build import make_dataset, make_domain
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_task


def test_memorised_tells_kept_labels_from_corrupted_ones():
    """Six rows, of which the last three bear another label than their own."""
    data = line(6, [0, 1, 2, 0, 1, 2], [0, 1, 2, 1, 2, 0])
    told = Told(torch.tensor([0, 1, 0, 0, 2, 2]))  # wrong on row 2; of the corrupted ones it has learned two
    found = measure(probe("memorised"), "m", told, data, "tabular", 0)["metrics"]
    assert found == pytest.approx({"train@m": 2 / 6, "true@m": 1 / 3, "corrupted@m": 1 / 3})
    clean = line(3, [0, 1, 2], [0, 1, 2])
    assert set(measure(probe("memorised"), "m", told, clean, "tabular", 0)["metrics"]) == {"train@m"}


def test_label_noise_is_what_clean_labels_show():
    task = resolve_task("digits(rows=300, test=0.6, label_noise=0.5)", load_matrix("quick"))
    domain, dataset = make_domain(task), make_dataset(task)
    data = make_data(domain, dataset, dataset.load(None), seed=3)
    assert float((data.clean_labels != data.train.y).float().mean()) == pytest.approx(0.45, abs=0.06)
    noiseless = make_dataset(resolve_task("digits(rows=300, test=0.6)", load_matrix("quick")))
    again = make_data(domain, noiseless, noiseless.load(None), seed=3)
    assert torch.equal(again.train.y, data.clean_labels)
    assert torch.equal(again.clean_labels, again.train.y)
