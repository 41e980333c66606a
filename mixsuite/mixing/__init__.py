"""The mixing engine: what an author of a method imports. It needs torch and numpy only.

A method returns a ``Plan``, which says which rows are mixed, and in which shares. By this plan the engine mixes the
state h at a site, and the loss:

    z    = wx * h[own] + (1 - wx) * h[partner]
    loss = sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner])))

In your own training loop, write ``loss = Mixer("cutmix(alpha=1.0)", seed=0).loss(model, x, y)``.
"""

from mixsuite.mixing.draws import beta_shares, box_plan, mask_plan, mixup_plan, unmixed_plan
from mixsuite.mixing.engine import State, Tail, clean_loss, interpolate, run_mean, two_term_loss
from mixsuite.mixing.geometry import box_mask, over, reject_flat
from mixsuite.mixing.method import Batch, Method, TaskInfo, TrainInfo, require
from mixsuite.mixing.mixed_target import Target
from mixsuite.mixing.mixer import Mixer
from mixsuite.mixing.plan import Plan
from mixsuite.mixing.rng import Rng
from mixsuite.mixing.targets import class_shares, hard_labels
from mixsuite.plugins.space import Choice, Linear, Log, Whole

__all__ = [
    "Batch",
    "Choice",
    "Linear",
    "Log",
    "Method",
    "Mixer",
    "Plan",
    "Rng",
    "State",
    "Tail",
    "Target",
    "TaskInfo",
    "TrainInfo",
    "Whole",
    "beta_shares",
    "box_mask",
    "box_plan",
    "class_shares",
    "clean_loss",
    "hard_labels",
    "interpolate",
    "mask_plan",
    "mixup_plan",
    "over",
    "reject_flat",
    "require",
    "run_mean",
    "two_term_loss",
    "unmixed_plan",
]
