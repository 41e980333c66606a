"""What a trained model is worth: metrics of its outputs, and probes. Authors of both import from here."""

from mixsuite.evaluation.base import Measurement, Probe, Rows, free, replace_first, spread, value_range
from mixsuite.evaluation.metric import Metric, Predictions

__all__ = ["Measurement", "Metric", "Predictions", "Probe", "Rows", "free", "replace_first", "spread", "value_range"]
