"""Ranks: the processes that train one run together, and what they tell each other.

Three operations carry it, each the derivative of another or of itself: a value that all ranks hold alike has a gradient
that all ranks hold alike, and the gradient of a part is the part of the gradient. So derivatives of derivatives are
whole, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


@dataclass
class Ranks:
    """This process's place among those that train one run.

    rank:  number of this one.
    world: how many there are.
    rows:  number of rows of the batch that is in the net now.
    alone: whether each rank has all rows of it.
    """

    rank: int
    world: int
    rows: int = field(default=0, compare=False)
    alone: bool = field(default=False, compare=False)

    def part(self, rows: int) -> slice:
        """This rank's part of so many rows: parts differ by one row at most, the first ones being larger."""
        sizes = self.sizes(rows)
        begin = sum(sizes[: self.rank])
        return slice(begin, begin + sizes[self.rank])

    def sizes(self, rows: int) -> list[int]:
        """The number of rows of each part."""
        return [rows // self.world + (rank < rows % self.world) for rank in range(self.world)]

    def share(self, x: Tensor) -> Tensor:
        """This rank's part of rows that all hold. [N, ...] -> [n, ...]."""
        return x if self.alone else _Share.apply(x, self)  # type: ignore[no-untyped-call]

    def gather(self, x: Tensor, rows: int) -> Tensor:
        """All rows, of which each rank holds its part. [n, ...] -> [N, ...]. rows: N."""
        return x if self.alone else _Gather.apply(x, rows, self)  # type: ignore[no-untyped-call]

    def any_of(self, here: bool) -> bool:
        """Whether it is so on any rank."""
        there = torch.tensor(int(here), device="cuda" if dist.get_backend() == "nccl" else "cpu")
        dist.all_reduce(there, op=dist.ReduceOp.MAX)
        return bool(there)

    def sum_gradients(self, weights: Iterable[Tensor]) -> None:
        """Add up the gradients that each rank has found for its own rows; one that no rank has stays None."""
        trained = [weight for weight in weights if weight.requires_grad]
        if not trained:
            return
        there = torch.tensor([weight.grad is not None for weight in trained], device=trained[0].device).int()
        dist.all_reduce(there, op=dist.ReduceOp.MAX)
        some = [weight for weight, has in zip(trained, there.tolist(), strict=True) if has]
        for kind in {weight.dtype for weight in some}:
            alike = [weight for weight in some if weight.dtype == kind]
            for weight in alike:
                weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
            flat = torch.cat([weight.grad.reshape(-1) for weight in alike if weight.grad is not None])
            dist.all_reduce(flat)
            for weight, whole in zip(alike, flat.split([weight.numel() for weight in alike]), strict=True):
                assert weight.grad is not None
                weight.grad.copy_(whole.view_as(weight.grad))

    def total(self, x: Tensor) -> Tensor:
        """The sum of what each rank holds, for use with this rank's rows; the shape stays."""
        return _Total.apply(x)  # type: ignore[no-any-return, no-untyped-call]


class _Share(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, ranks: Ranks) -> Tensor:
        ctx.ranks, ctx.rows = ranks, len(x)
        return x[ranks.part(len(x))].clone()

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        return _Gather.apply(slope, ctx.rows, ctx.ranks), None  # type: ignore[no-untyped-call]


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: int, ranks: Ranks) -> Tensor:
        ctx.ranks = ranks
        sizes = ranks.sizes(rows)
        padded = x.new_zeros((max(sizes), *x.shape[1:]))
        padded[: len(x)] = x
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        return _Share.apply(slope, ctx.ranks), None, None  # type: ignore[no-untyped-call]


class _Total(torch.autograd.Function):
    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        total = x.detach().clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, slope: Tensor) -> tuple[Tensor]:
        return (_Total.apply(slope),)  # type: ignore[no-untyped-call]
