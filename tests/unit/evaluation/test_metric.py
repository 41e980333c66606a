"""What a metric may know of a model's predictions."""

import numpy as np
import pytest
from scipy.special import expit
from support.metrics import classes, labels, values

from mixsuite.evaluation import Predictions


def test_classes_have_probabilities_and_the_likeliest():
    p = classes()
    e = np.exp(p.out)
    assert np.allclose(p.probabilities, e / e.sum(1, keepdims=True))
    assert np.allclose(np.exp(p.log_probabilities), p.probabilities)
    assert (p.predicted == p.probabilities.argmax(1)).all()


def test_labels_have_a_probability_each():
    p = labels()
    assert np.allclose(p.probabilities, expit(p.out))
    assert np.allclose(np.exp(p.log_probabilities), p.probabilities)
    assert (p.predicted == (p.probabilities > 0.5)).all()


def test_values_are_predicted_as_they_are():
    p = values()
    assert p.predicted is p.out


def test_classes_that_no_row_or_every_row_has_are_left_out():
    p = Predictions(np.arange(12.0).reshape(4, 3), np.array([0, 0, 2, 2]), "class")
    assert [has.tolist() for has, _ in p.one_against_rest()] == [[True, True, False, False], [False, False, True, True]]
    every = Predictions(np.ones((3, 2)), np.array([[1, 0], [1, 1], [1, 0]]), "multilabel")
    assert [has.tolist() for has, _ in every.one_against_rest()] == [[False, True, False]]
    with pytest.raises(ValueError, match="all 2 test rows are of one class"):
        Predictions(np.ones((2, 2)), np.array([1, 1]), "class").one_against_rest()
