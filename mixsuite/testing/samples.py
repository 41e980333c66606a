"""Made-up rows of every domain and kind of target, as the domains give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mixsuite.data.state import first_leaf
from mixsuite.experiment.build import load_domain
from mixsuite.mixing import TaskInfo
from mixsuite.mixing.engine import State
from mixsuite.plugins.kinds import DOMAIN, builtin_files
from mixsuite.plugins.load import find

ROWS = 16  # of the ordinary batch


@dataclass(frozen=True)
class Sample:
    """Made-up rows of one domain and one kind of target. sites: name -> state [ROWS, ...] there."""

    domain: str
    target: str  # "class", "soft", "multilabel", "regression"
    sites: dict[str, State]
    y: Tensor
    groups: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.domain}, {self.target}"

    @property
    def kind(self) -> str:
        """As a task says it: soft targets are a kind of class."""
        return "class" if self.target == "soft" else self.target

    @property
    def classes(self) -> int:
        return int(self.y.max()) + 1 if self.y.dim() == 1 else self.y.shape[1]

    def info(self, batch: int) -> TaskInfo:
        shapes = {name: tuple(first_leaf(h).shape[1:]) for name, h in self.sites.items()}
        return TaskInfo(self.domain, self.kind, self.classes, shapes, batch, ROWS)


def samples(outside: Sequence[str] = ()) -> list[Sample]:
    """Every built-in domain with each kind of target that it is tried with; outside: domains' files, tried too."""
    found = []
    for name in [*builtin_files(DOMAIN), *outside]:
        source = find(DOMAIN, name)
        domain = load_domain(source)
        states = domain.samples(ROWS, torch.Generator().manual_seed(20))
        targets = [target for target in domain.sample_targets if states]
        found += [Sample(source.name, target, states, _targets()[target], domain.sample_groups) for target in targets]
    return found


def _targets() -> dict[str, Tensor]:
    """Made-up targets by kind: uneven classes, soft ones, labels, a number."""
    g = torch.Generator().manual_seed(21)
    return {
        "class": torch.tensor([0, 0, 0, 1, 2, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 1]),
        "soft": torch.rand(ROWS, 3, generator=g).softmax(1),
        "multilabel": (torch.rand(ROWS, 4, generator=g) < 0.4).double(),
        "regression": torch.randn(ROWS, 1, generator=g).double(),
    }
