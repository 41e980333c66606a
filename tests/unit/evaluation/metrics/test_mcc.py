"""Matthews' coefficient against the correlation of indicators."""

import numpy as np
import pytest
from support.metrics import classes

from mixsuite.evaluation import Predictions
from mixsuite.evaluation.metrics.mcc import Mcc


def test_of_two_classes_it_is_pearsons_correlation():
    p = classes(count=2)
    assert Mcc().score(p) == pytest.approx(np.corrcoef(p.y, p.out.argmax(1))[0, 1])


def test_of_several_it_is_the_covariance_of_indicators_over_its_bound():
    p = classes(count=4)
    truth, predicted = np.eye(4)[p.y], np.eye(4)[p.out.argmax(1)]

    def covariance(a, b):
        return sum(np.mean((a[:, k] - a[:, k].mean()) * (b[:, k] - b[:, k].mean())) for k in range(4))

    bound = (covariance(truth, truth) * covariance(predicted, predicted)) ** 0.5
    assert Mcc().score(p) == pytest.approx(covariance(truth, predicted) / bound)


def test_of_one_predicted_class_it_is_zero():
    assert Mcc().score(Predictions(np.eye(3)[[0] * 6], np.array([0, 1, 2] * 2), "class")) == 0
