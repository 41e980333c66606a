"""A model as stages with named sites between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mixsuite.data.state import State, first_leaf


class Staged(nn.Module):
    """A model as a tuple of stages; a site is a name for the gap before a stage.

    stages: the modules that run one after another.
    sites:  name -> number of stages before it.
    num_fixed_stages: number of first stages that have no weights and treat each row alone, such as a spectrogram: the
            trainer may run them once instead of at every step.
    """

    def __init__(self, stages: Sequence[nn.Module], sites: dict[str, int], num_fixed_stages: int = 0) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.sites, self.num_fixed_stages = sites, num_fixed_stages

    def forward(self, h: State, start: int = 0, stop: int | None = None) -> Any:
        """Run stages start .. stop-1 on a state [N, ...]; the last stage gives the outputs [N, outputs]."""
        for stage in list(self.stages)[start:stop]:
            h = stage(h)
        return h


def site_shapes(model: Staged, x: State) -> dict[str, tuple[int, ...]]:
    """Map each site to the shape of one row of its first leaf, by running the rows x in eval mode."""
    training = model.training
    model.eval()
    shapes = {}
    with torch.no_grad():
        for name, stop in model.sites.items():
            h = model(x, 0, stop)
            shapes[name] = tuple(first_leaf(h).shape[1:])
    model.train(training)
    return shapes
