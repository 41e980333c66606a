"""How a trained model fares on disturbed test rows: probes that a matrix asks for, one small file each."""

from mixsuite.robustness.contract import Probe, Rows

__all__ = ["Probe", "Rows"]
