"""The contract of an augmentation: what is done to a batch's rows before a method mixes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mixsuite.data.rows import Data
from mixsuite.data.state import Ragged, State, first_leaf
from mixsuite.mixing.rng import Rng


@dataclass(frozen=True)
class Augmentation(ABC):
    """An augmentation by name, with its parameters. Write ``augment``, and ``prepare`` if it looks at the data.

    Class literals describe it, and can be read without importing it:
    domains   domains it is made for, by name; () means any.
    requires  packages that it imports, beyond its domain's.
    reference the paper.
    """

    domains: ClassVar[tuple[str, ...]] = ()
    requires: ClassVar[tuple[str, ...]] = ()
    reference: ClassVar[str] = ""

    def prepare(self, data: Data) -> Any:
        """Look at a run's data once, at its training part alone; ``augment`` gets what this returns.

        Raises:
            InputError: these rows cannot be augmented so.
        """
        return None

    @abstractmethod
    def augment(self, x: State, rng: Rng, seen: Any) -> State:
        """Change rows.

        Args:
            x: rows [B, ...] as they enter the model, as the domain encodes them; they are not to be changed in place.
            rng: draws by ``uniform`` and ``normal``, each under a name; nothing else may be drawn from.
            seen: what ``prepare`` returned.

        Returns:
            Rows of the same form.
        """


class Augmenter:
    """The augmentations of one run, one after another; their draws depend on the seed and the step alone."""

    def __init__(self, steps: Sequence[Augmentation], data: Data, seed: int) -> None:
        first = first_leaf(data.train.x)
        self._steps = [(step, step.prepare(data)) for step in steps]
        self._rngs = {  # rows that a method asks for besides are augmented by draws of their own
            more: Rng(seed, None, first.device, first.dtype, space)
            for more, space in ((False, "augment"), (True, "augment more"))
        }

    def __call__(self, x: State, number: int, more: bool = False) -> State:
        """Augment the rows x [B, ...] of batch ``number``.

        Raises:
            ValueError: an augmentation gives rows of another form.
        """
        rng = self._rngs[more].at(number)
        for step, seen in self._steps:
            changed = step.augment(x, rng, seen)
            _check_form(step, x, changed)
            x = changed
        return x


def _check_form(step: Augmentation, before: State, after: Any) -> None:
    """Refuse rows of another form than they had."""
    known, given = _form(before), _form(after)
    if given != known:
        raise ValueError(f"{type(step).__name__}: augment() must return rows of the form {known}, returned {given}")


def _form(x: Any) -> Any:
    if isinstance(x, Ragged):
        return f"{type(x).__name__} of {len(x)} rows, {x.first.dtype}"
    if isinstance(x, tuple):
        return [_form(leaf) for leaf in x]
    return f"{list(x.shape)} {x.dtype}" if hasattr(x, "dtype") else type(x).__name__
