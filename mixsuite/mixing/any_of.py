"""A mixer that draws one of several methods for each batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from typing import Any

from torch import Tensor

from mixsuite.mixing.method import Method
from mixsuite.mixing.mixed_target import Target
from mixsuite.mixing.mixer import Mixer
from mixsuite.mixing.rng import uniforms


class AnyOf(Mixer):
    """Several methods, of which each step draws one; ``Mixer(["mixup", "cutmix"], seed=0, prob=0.8)`` makes it.

    The draw depends on the seed and the step alone, so every rank takes the same method in the same step. Each method
    draws what it would draw alone at that step.

    Args:
        method: the methods.
        prob: how often each is drawn: one number for each, or one for all together, which they share evenly. What is
            left to 1 is not mixed. Default: 1 for all together.
        seed, how: as for one method; ``site`` is for all of them.

    Raises:
        ValueError: no method, or probabilities that are negative or sum to more than 1.
    """

    def __init__(
        self, method: Sequence[str | Method], seed: int, *, prob: float | Sequence[float] | None = None, **how: Any
    ) -> None:
        methods, total = list(method), 1.0 if prob is None else prob
        if not isinstance(total, int | float | list | tuple) or isinstance(total, bool):
            raise ValueError(f"prob={prob!r}: allowed is one number for all methods, or a list with one for each")
        shares = [total / len(methods)] * len(methods) if isinstance(total, int | float) and methods else total
        if not methods or isinstance(shares, int | float) or len(shares) != len(methods):
            raise ValueError(f"{len(methods)} methods and prob={prob!r}: give one number for each, or one for all")
        if not all(0 <= share <= 1 for share in shares) or (sum(shares) > 1 and not isclose(sum(shares), 1)):
            raise ValueError(f"prob={prob!r}: allowed are numbers from 0 that sum to 1 at most")
        self.mixers = [Mixer(one, seed, **how) for one in methods]
        if apart := [m.name for m in self.mixers if m._remembers or m._looks_up]:
            raise ValueError(f"{', '.join(apart)} remembers or looks rows up, which a method does alone")
        self.plain = Mixer("erm", seed, **{key: value for key, value in how.items() if key != "site"})
        self.shares = list(shares)
        self.name = "any_of(" + ", ".join(f"{m.name}: {p:.9g}" for m, p in zip(self.mixers, shares, strict=True)) + ")"
        self.seed, self.step, self.sites = seed, 0, [site for mixer in self.mixers for site in mixer.sites]
        self.kind, self.steps, self.domain, self.rank = (
            getattr(self.plain, name) for name in ("kind", "steps", "domain", "rank")
        )
        self._width = None

    def prepare(self, x: Any, y: Tensor, classes: int | None = None, groups: Sequence[int] = ()) -> AnyOf:
        """Show each method the training part; as for one method."""
        for mixer in self.mixers:
            mixer.prepare(x, y, classes, groups)
        return self

    def _loss(self, *step: Any) -> Tensor:
        mixer = self._drawn()
        loss = mixer._loss(*step)
        self._width = mixer._width
        return loss

    def _mixed(self, *step: Any) -> tuple[Any, Target]:
        mixer = self._drawn()
        mixed = mixer._mixed(*step)
        self._width = mixer._width
        return mixed

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint; as for one method."""
        super().load_state_dict(state)
        for mixer in (*self.mixers, self.plain):
            mixer._width, mixer._rng = state["width"], None

    def _drawn(self) -> Mixer:
        """The method of this step, made ready for it."""
        u, mixer = float(uniforms(self.seed, "draw/method", self.step, 1, 1)[0, 0]), self.plain
        for one, share in zip(self.mixers, self.shares, strict=True):
            if u < share:
                mixer = one
                break
            u -= share
        mixer.step = self.step
        mixer._width = self._width
        self.step += 1
        return mixer
