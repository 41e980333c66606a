"""What a trained model is worth: metrics of its outputs, and probes. Authors of probes import from here."""

from mixsuite.evaluation.base import Measurement, Probe, Rows, free, replace_first, spread, value_range

__all__ = ["Measurement", "Probe", "Rows", "free", "replace_first", "spread", "value_range"]
