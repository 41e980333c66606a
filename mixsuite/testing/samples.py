"""Make up rows of every domain and kind of target, from the domains' own samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mixsuite.data.rows import Data, Subset
from mixsuite.data.state import first_leaf, map_leaves
from mixsuite.experiment.build import load_domain
from mixsuite.mixing import TaskInfo
from mixsuite.mixing.engine import State
from mixsuite.plugins.kinds import DOMAIN, builtin_files
from mixsuite.plugins.load import find

ROWS = 16  # rows of an ordinary batch


@dataclass(frozen=True)
class Sample:
    """Made-up rows of one domain and one kind of target.

    sites:  site -> state [ROWS, ...].
    y:      targets, [ROWS] class numbers or [ROWS, C].
    groups: as in ``Domain.sample_groups``.
    """

    domain: str
    target: str  # "class", "soft", "multilabel", "regression"
    sites: dict[str, State]
    y: Tensor
    groups: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The sample's name in findings."""
        return f"{self.domain}, {self.target}"

    @property
    def kind(self) -> str:
        """The kind of target as tasks name it: soft targets are of kind "class"."""
        return "class" if self.target == "soft" else self.target

    @property
    def classes(self) -> int:
        """The number of classes, or of numbers per target."""
        return int(self.y.max()) + 1 if self.y.dim() == 1 else self.y.shape[1]

    def info(self, batch: int) -> TaskInfo:
        """Describe the sample as a task with ``batch`` rows per batch."""
        shapes = {name: tuple(first_leaf(h).shape[1:]) for name, h in self.sites.items()}
        return TaskInfo(self.domain, self.kind, self.classes, shapes, batch, ROWS)


def samples(outside: Sequence[str] = ()) -> list[Sample]:
    """Make a sample for each domain and each kind of target that the domain names.

    Args:
        outside: files of outside domains, added to the built-in ones.

    Raises:
        InputError: a file defines no domain.
    """
    result = []
    for name in [*builtin_files(DOMAIN), *outside]:
        source = find(DOMAIN, name)
        domain = load_domain(source)
        states = domain.samples(ROWS, torch.Generator().manual_seed(20))
        targets = [target for target in domain.sample_targets if states]
        result += [Sample(source.name, target, states, _targets()[target], domain.sample_groups) for target in targets]
    return result


def _targets() -> dict[str, Tensor]:
    """Kind -> made-up targets: uneven classes, soft classes, several labels, one number."""
    g = torch.Generator().manual_seed(21)
    return {
        "class": torch.tensor([0, 0, 0, 1, 2, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 1]),
        "soft": torch.rand(ROWS, 3, generator=g).softmax(1),
        "multilabel": (torch.rand(ROWS, 4, generator=g) < 0.4).double(),
        "regression": torch.randn(ROWS, 1, generator=g).double(),
    }


def made_up_data(made_for: Sequence[str], asked: Sequence[str] | None = None) -> Iterator[tuple[str, Data]]:
    """Each built-in domain with made-up rows of the usual size, of three classes.

    Args:
        made_for: domains that a plugin is made for; empty: all.
        asked: these alone; None: all.
    """
    for name in builtin_files(DOMAIN):
        if (made_for and name not in made_for) or (asked and name not in asked):
            continue
        domain = load_domain(find(DOMAIN, name))
        x = domain.inputs(ROWS, torch.Generator().manual_seed(20))
        if x is None:
            continue
        part = Subset(map_leaves(lambda leaf: leaf.float(), x), torch.arange(ROWS) % 3)
        groups = domain.sample_groups
        numbers = tuple(groups.count(group) == 1 for group in groups)
        yield name, Data(part, part, part, "class", 3, groups=groups, numbers=numbers)
