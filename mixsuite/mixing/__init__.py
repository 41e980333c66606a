"""The mixing engine: what an author of a method imports. Needs torch and numpy only.

A method returns a ``Plan`` (who is mixed with whom, in which shares) and the engine mixes the state h
at a site and the loss by it:

    z    = wx * h[own] + (1 - wx) * h[partner]
    loss = sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner])))

In a training loop of one's own: ``loss = Mixer("cutmix(alpha=1.0)", seed=0).loss(model, x, y)``.
"""

from mixsuite.mixing.contract import Batch, Method, Plan, TaskInfo, TrainInfo
from mixsuite.mixing.engine import State, Tail, interpolate, run_mean, two_term_loss
from mixsuite.mixing.geometry import box_mask, over
from mixsuite.mixing.mixer import Mixer, Target

__all__ = [
    "Batch",
    "Method",
    "Mixer",
    "Plan",
    "State",
    "Tail",
    "Target",
    "TaskInfo",
    "TrainInfo",
    "box_mask",
    "interpolate",
    "over",
    "run_mean",
    "two_term_loss",
]
