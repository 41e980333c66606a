"""Attacks by another model's gradients."""

import copy
from dataclasses import replace

import pytest
import torch
from support.probes import probe, smooth, some
from support.tasks import opened
from torch import nn

from mixsuite.evaluation.measure import measure
from mixsuite.mixing.rng import Rng
from mixsuite.training.predict import predict


def test_the_other_model_is_the_same_for_every_method_and_another_for_every_seed():
    data, model = opened("digits(rows=60)@digits_conv")
    made = probe("black_box(train_steps=3)")

    def weights(net, seed):
        rng = Rng(seed, 512)
        return torch.cat([w.flatten() for w in made.surrogate(net, data, rng).state_dict().values()])

    moved = copy.deepcopy(model)
    for weight in moved.parameters():
        weight.data += 1
    assert weights(model, 0).equal(weights(moved, 0))
    assert not weights(model, 0).equal(weights(model, 1))
    assert not weights(model, 0).equal(torch.cat([w.flatten() for w in model.state_dict().values()]))


@pytest.mark.slow
def test_an_attack_by_another_models_gradients_is_stronger_on_that_model():
    data, model = opened("digits(rows=300, test=0.6)@digits_conv")
    made = probe("black_box(train_steps=150, eps=0.3)")
    judge = made.surrogate(model, data, Rng(7, 512))
    found = measure(made, "b", judge, data, "images", 0)["metrics"]
    clean = float((predict(judge, data.test).argmax(1) != data.test.y).float().mean())
    assert clean < found["fgsm@b"] < found["own@b"]
    nothing = measure(probe("black_box(train_steps=150, eps=0.0)"), "b", judge, data, "images", 0)["metrics"]
    assert nothing["fgsm@b"] == nothing["ifgsm@b"] == pytest.approx(clean)


def test_a_model_that_cannot_be_drawn_anew_is_no_victim_of_a_black_box():
    data, model = opened("titanic(rows=40)@tabular_embedded")
    found = measure(probe("black_box(train_steps=2)"), "b", model, data, "tabular", 0)
    assert found["status"] == "failed"
    assert "EmbeddedColumns has no reset_parameters" in found["reason"]
    regression = replace(some(), kind="regression")
    assert measure(probe("black_box"), "b", smooth(3, 3), regression, "tabular", 0)["metrics"] == {}


def test_dropout_of_the_model_under_attack_is_not_the_other_models():
    data, model = opened("digits(rows=60)@digits_conv", dropout=0.5)
    made = probe("black_box(train_steps=3)")
    before = torch.get_rng_state()
    one, other = (made.surrogate(model, data, Rng(0, 512)).state_dict().values() for _ in "ab")
    assert all(a.equal(b) for a, b in zip(one, other, strict=True))
    assert torch.get_rng_state().equal(before)
    assert any(layer.p == 0.5 for layer in model.modules() if isinstance(layer, nn.Dropout))
