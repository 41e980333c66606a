"""GridMix (Baek, Bang and Shim 2021, Pattern Recognition 109): cells of a grid from one picture or the other."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, Whole, mask_plan, reject_flat, require


@dataclass(frozen=True)
class Gridmix(Method):
    """Each cell of a grid stays with probability lambda, or else becomes the partner's. One forward pass.

    The target's share is the share of the pixels that stayed. The paper's further loss on each cell's label is left
    out, since it needs its own head.

    cells: cells along each side; a picture with fewer pixels has fewer cells.
    alpha: lambda is drawn from Beta(alpha, alpha).
    lam:   "batch": one lambda and one grid per step (our default); "row": one per row.
    """

    cells: int = 4
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact area"
    space = {"alpha": Log(0.1, 4.0), "cells": Whole(2, 8)}
    domains = ("images", "speech")

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(1 <= self.cells <= 64, "cells", self.cells, "1 to 64")

    def reject(self, task):
        return reject_flat("gridmix", self.site, task.sites)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        *_, height, width = batch.shape
        lam = rng.beta(self.alpha, self.alpha, draws)
        own = rng.uniform(draws, self.cells, self.cells, kind="grid") < lam[:, None, None]
        row, column = (torch.arange(side, device=lam.device) * self.cells // side for side in (height, width))
        return mask_plan(own[:, row][:, :, column].to(lam.dtype), batch, rng.permutation(n))
