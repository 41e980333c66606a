"""A trained model under a probe: what the record keeps, and how a probe may fail."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from support.probes import probe, real, smooth, some
from support.tasks import opened

from mixsuite.evaluation.base import Measurement, Probe
from mixsuite.evaluation.measure import disturbed_outputs, measure
from mixsuite.evaluation.scores import scores
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import Rng
from mixsuite.training.predict import BATCH, predict


def test_a_probe_that_raises_or_is_no_number_has_a_reason(tmp_path):
    data, model = real("images")
    text = "from dataclasses import dataclass\nfrom mixsuite.evaluation import Probe\n@dataclass(frozen=True)\nclass Bad(Probe):\n    def disturb(self, x, rows):\n        {}\n"
    for body, said in (
        ("raise ValueError('of no use')", "ValueError: of no use"),
        ("return x * float('nan')", "FloatingPointError: outputs of 539 of 539 rows are infinite or NaN"),
    ):
        path = tmp_path / f"bad{len(body)}.py"
        path.write_text(text.format(body))
        found = measure(probe(str(path)), "bad", model, data, "images", 0)
        assert (found["status"], found["metrics"]) == ("failed", {})
        assert found["reason"].startswith(said)


@dataclass(frozen=True)
class Same(Probe):
    def disturb(self, x, rows):
        return x


@dataclass(frozen=True)
class Ascends(Probe):
    """Keeps what it was told, and goes up the loss."""

    domains = ("./mine.py", "tabular")

    def disturb(self, x, rows):
        x = x.clone().requires_grad_()
        value = rows.loss(x)
        told.append((rows, float(value.detach())))
        return (x + 0.5 * torch.autograd.grad(value, x)[0]).detach()


told = []


def test_rows_as_they_are_give_the_models_own_scores():
    data, model = real("images")
    found = measure(Same(), "same", model, data, "images", 0)
    wanted = scores(predict(model, data.test), data.test.y, "class")
    assert found["metrics"] == {"error@same": wanted["error"], "nll@same": wanted["nll"]}
    assert (found["status"], found["reason"]) == ("ok", "")


def test_regression_is_scored_in_the_targets_units():
    data, model = opened("diabetes(rows=150, test=0.5)")
    out, y = data.unscaled(predict(model, data.test)), data.unscaled(data.test.y)
    found = measure(Same(), "same", model, data, "tabular", 0)["metrics"]
    assert found == {"rmse@same": pytest.approx(float((out - y).square().mean().sqrt()), rel=1e-5)}


def test_a_probe_is_told_its_rows_their_loss_and_draws_chunk_by_chunk():
    told.clear()
    model, data = smooth(3, 3), some(n=BATCH + 5)
    out = disturbed_outputs(Ascends(), model, data, 7)
    (first, value), (second, _) = told
    assert (len(first.y), len(second.y), len(out)) == (BATCH, 5, BATCH + 5)
    assert torch.equal(torch.cat([first.y, second.y]), data.test.y)
    assert first.train is data.train.x
    assert value == pytest.approx(float(LOSSES["class"](model(data.test.x[:BATCH]), first.y).sum().detach()))
    assert torch.equal(
        second.rng.uniform(5, kind="probe x"), Rng(7, BATCH, dtype=torch.float64).at(1).uniform(5, kind="probe x")
    )
    loss = LOSSES["class"]
    assert (loss(out, data.test.y) > loss(model(data.test.x), data.test.y)).double().mean() > 0.9
    assert not out.requires_grad


def test_a_probe_that_is_made_for_another_domain_is_skipped():
    found = measure(Ascends(), "up", smooth(3, 3), some(), "images", 0)
    assert found == {"metrics": {}, "status": "skipped", "reason": "made for mine, tabular, not for images"}
    assert measure(Ascends(), "up", smooth(3, 3), some(), "mine", 0)["status"] == "ok"


@dataclass(frozen=True)
class Looks(Measurement):
    value: float = 1.0

    def measure(self, model, data, rng):
        return {"mode": float(model.training), "value": self.value, "draw": float(rng.uniform(1, kind="probe x")[0])}


@pytest.mark.parametrize("training", [True, False])
def test_a_measurement_sees_the_model_in_evaluation_mode_and_leaves_it_as_it_was(training):
    model = smooth(3, 3).train(training)
    found = measure(Looks(), "look", model, some(), "tabular", 3)
    assert found["metrics"]["mode@look"] == 0.0
    assert found["metrics"]["draw@look"] == float(
        Rng(3, BATCH, dtype=torch.float64).at(0).uniform(1, kind="probe x")[0]
    )
    assert model.training == training


def test_a_measurement_that_is_no_number_is_named():
    found = measure(Looks(value=np.nan), "look", smooth(3, 3), some(), "tabular", 0)
    assert found == {"metrics": {}, "status": "failed", "reason": "not a number: value@look"}
