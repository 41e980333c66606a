"""The mixing engine: what an author of a method imports. Needs torch and numpy only.

A method returns a ``Plan`` (who is mixed with whom, in which shares) and the engine mixes the state h
at a site and the loss by it:

    z    = wx * h[own] + (1 - wx) * h[partner]
    loss = sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner])))
"""

from mixsuite.mixing.contract import Batch, Method, Plan, TaskInfo, TrainInfo
from mixsuite.mixing.engine import State, Tail, interpolate, two_term_loss
from mixsuite.mixing.geometry import box_mask, over

__all__ = [
    "Batch",
    "Method",
    "Plan",
    "State",
    "Tail",
    "TaskInfo",
    "TrainInfo",
    "box_mask",
    "interpolate",
    "over",
    "two_term_loss",
]
