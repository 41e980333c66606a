"""Named random streams: every number a run draws is a function of (seed, kind, step).

A stream is a counter-based generator (Philox) with the key (seed, kind). Step t of a kind that takes W numbers per step
starts at counter t*W/4, since Philox gives four doubles per count. So a block of steps is one draw, and its row t
equals step t drawn alone. All laws are quantiles of uniforms: two methods that ask for the same kind see the same
uniforms whatever their parameters, which pairs their runs. No global generator is read or changed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

_MANY = 16  # streams of one request
_ORDERED = 2**22  # numbers that are drawn and sorted together for the order of rows: a large run has many
_BLOCK_VALUES = 16_384  # numbers of one kind that are drawn and moved to the device together


def _philox(seed: int, purpose: str, count: int = 0) -> np.random.Philox:
    kind = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "little")
    return np.random.Philox(key=np.array([seed, kind], dtype=np.uint64), counter=count)


def stream(seed: int, purpose: str) -> np.random.RandomState:
    """The suite's own stream for one purpose of a run ("split", "label_noise"), for scikit-learn."""
    return np.random.RandomState(_philox(seed, f"suite/{purpose}"))


def torch_seed(seed: int, purpose: str) -> int:
    """A 63-bit seed for code that takes only a number as its seed (weight initialisation, dropout)."""
    return int(_philox(seed, f"suite/{purpose}").random_raw()) >> 1


def uniforms(seed: int, purpose: str, start: int, steps: int, width: int) -> np.ndarray:
    """Steps start .. start+steps-1 of one stream. [steps, width] float64 in [0, 1)."""
    padded = -(-width // 4) * 4
    generator = np.random.Generator(_philox(seed, purpose, start * (padded // 4)))
    return generator.random((steps, padded))[:, :width]


def batch_order(seed: int, rows: int, batch: int, steps: int) -> np.ndarray:
    """Row numbers of every batch, cut from concatenated epoch permutations. [steps, batch] int64.

    No row is dropped, and all rows occur equally often, up to one.
    """
    epochs, together = -(-steps * batch // rows), max(1, _ORDERED // rows)
    order = [
        np.argsort(uniforms(seed, "suite/order", first, min(together, epochs - first), rows), axis=1, kind="stable")
        for first in range(0, epochs, together)
    ]
    return np.concatenate(order).reshape(-1)[: steps * batch].reshape(steps, batch)


class Rng:
    """What a method draws from: one step's view of its run's streams.

    Every request names its ``kind``; a second request of a kind within one step is ``kind#2``. A kind is ``width``
    numbers wide (the batch size), and a request takes the first of them. So the one lambda per batch equals row 0 of
    one lambda per row. With ``width`` None a kind is as wide as what is asked for. Numbers are drawn on the host in
    blocks of steps, and moved to ``device`` once per block. Streams of different ``space`` have nothing in common.
    """

    def __init__(
        self,
        seed: int,
        width: int | None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        space: str = "draw",
    ) -> None:
        self.seed, self.width, self.space = seed, width, space
        self.device, self.dtype = torch.device(device), dtype
        self._step = 0
        self._asked: dict[str, int] = {}
        self._blocks: dict[tuple[object, ...], _Block] = {}

    def at(self, step: int) -> Rng:
        """Set this generator to a step, and return it: the next request of each kind is then the step's first."""
        self._step = step
        self._asked = {}
        return self

    def uniform(self, *shape: int, kind: str) -> Tensor:
        """Draw uniform numbers [*shape] on [0, 1)."""
        return self._draw(kind, shape, ("uniform",), lambda u: u)

    def normal(self, *shape: int, kind: str) -> Tensor:
        """Draw standard normal numbers [*shape]."""

        def quantile(u: np.ndarray) -> np.ndarray:
            from scipy.special import ndtri

            return np.asarray(ndtri(np.maximum(u, 2.0**-54)))

        return self._draw(kind, shape, ("normal",), quantile)

    def beta(self, a: float, b: float, *shape: int, kind: str = "lam", stratum: tuple[int, int] = (0, 1)) -> Tensor:
        """Draw Beta(a, b) numbers [*shape] by the quantile function, so that laws share their uniforms.

        Args:
            a: first parameter of the law, above 0.
            b: second parameter of the law, above 0.
            *shape: shape of the result.
            kind: names the stream.
            stratum: (k, K) draws from the k-th of K equally likely parts of the law, from 0.
        """
        (values,) = self.coupled_betas([(a, b)], *shape, kind=kind, stratum=stratum)
        return values

    def coupled_betas(
        self, laws: Sequence[tuple[float, float]], *shape: int, kind: str = "lam", stratum: tuple[int, int] = (0, 1)
    ) -> list[Tensor]:
        """Draw numbers [*shape] from each of several Beta laws (a, b), all at the same quantiles."""
        name = self._request(kind)
        part, parts = stratum

        def quantile(law: tuple[float, float], u: np.ndarray) -> np.ndarray:
            from scipy.special import betaincinv

            u = u if parts == 1 else (part + u) / parts
            return u if law == (1, 1) else np.asarray(betaincinv(*law, u))

        return [
            self._values(name, shape, ("beta", *law, *stratum), partial(quantile, law), place)
            for place, law in enumerate(laws)
        ]

    def gamma(self, a: float, *shape: int, kind: str) -> Tensor:
        """Draw Gamma(a, 1) numbers [*shape] by the quantile function. Their shares of a sum are of a Dirichlet law."""

        def quantile(u: np.ndarray) -> np.ndarray:
            from scipy.special import gammaincinv

            return np.asarray(gammaincinv(a, u))

        return self._draw(kind, shape, ("gamma", a), quantile)

    def permutation(self, n: int, kind: str = "partner") -> Tensor:
        """Draw a permutation [n] int64 of 0 .. n-1, by argsort of uniforms."""
        rank: Callable[[np.ndarray], np.ndarray] = lambda u: np.argsort(u, axis=1, kind="stable")  # noqa: E731
        return self._draw(kind, (n,), ("permutation",), rank)

    def _draw(
        self,
        kind: str,
        shape: tuple[int, ...],
        law: tuple[object, ...],
        quantile: Callable[[np.ndarray], np.ndarray],
    ) -> Tensor:
        return self._values(self._request(kind), shape, law, quantile)

    def _request(self, kind: str) -> str:
        """The name of the stream for this step's next request of a kind."""
        number = self._asked[kind] = self._asked.get(kind, 0) + 1
        return kind if number == 1 else f"{kind}#{number}"

    def _values(
        self,
        name: str,
        shape: tuple[int, ...],
        law: tuple[object, ...],
        quantile: Callable[[np.ndarray], np.ndarray],
        place: int = 0,
    ) -> Tensor:
        """This step's values of a stream under a law. place: which of several laws of one request this is."""
        count = math.prod(shape)
        width = self.width or max(count, 1)
        steps = max(1, _BLOCK_VALUES // max(width, count))
        first = self._step // steps * steps
        key = (name, shape, place)
        block = self._blocks.get(key)
        if block is None or block.first != first:
            u = self._uniforms(name, first, steps, width, count)
            # A law that has just come is taken to stay, unless this stream's law has changed before.
            block = self._blocks[key] = _Block(first, u, block.law if block else law)
        row = self._step - first
        if block.law == law:
            if block.values is None:
                block.values = self._moved(quantile(block.u), law).reshape(steps, *shape)
            return block.values[row]
        block.law, block.values = law, None
        return self._moved(quantile(block.u[row : row + 1]), law).reshape(shape)

    def _uniforms(self, name: str, first: int, steps: int, width: int, count: int) -> np.ndarray:
        """The uniforms [steps, count] of a block of steps.

        A kind has one width: a larger request takes the rest from further streams of that width, or, beyond _MANY of
        them, from one as wide as the rest.
        """
        rest = -(-count // width) - 1
        more = [(f"{name}/{i}", width) for i in range(1, rest + 1)]
        if rest > _MANY:
            more = [(f"{name}/rest", count - width)]
        drawn = [uniforms(self.seed, f"{self.space}/{s}", first, steps, w) for s, w in [(name, width), *more]]
        return np.hstack(drawn)[:, :count]

    def _moved(self, values: np.ndarray, law: tuple[object, ...]) -> Tensor:
        """Numbers on the device, in the generator's type; row numbers stay int64."""
        moved = torch.from_numpy(np.ascontiguousarray(values))
        dtype = moved.dtype if moved.dtype == torch.int64 else self.dtype
        moved = moved.to(self.device, dtype)
        # Rounding to a shorter type may give 1.
        return moved.clamp(max=1 - torch.finfo(dtype).eps / 2) if law == ("uniform",) else moved


class _Block:
    """The uniforms of a block of steps, and what a law has made of all of them.

    first:  the block's first step.
    u:      [steps, count].
    law:    the law of the last request.
    values: [steps, *shape] under that law; None where it has come only once in this block, since a law that changes at
            every step would be computed for steps in which another one holds.
    """

    def __init__(self, first: int, u: np.ndarray, law: tuple[object, ...]) -> None:
        self.first, self.u, self.law = first, u, law
        self.values: Tensor | None = None
