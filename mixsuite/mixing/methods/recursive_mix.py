"""RecursiveMix: the last step's mixed pictures, pasted into this step's (Yang et al. 2022, arXiv:2203.06844)."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from mixsuite.mixing import Method, Plan, class_shares, reject_flat, require, run_mean


@dataclass(frozen=True)
class RecursiveMix(Method):
    """A picture that the last step mixed is shrunk into a box, and its mixed target has the box's share. One pass.

    With x~, y~ of the last step, which are made of earlier steps in turn: x~ is shrunk to sides sqrt(lam) (H, W), lam ~
    Uniform(0, alpha), and pasted at a uniform place; the target is (1 - lam) y + lam y~, with the box's exact area. The
    interpolation is bilinear. A method's first step has no past, and pastes rows of its own batch (our choice).

    Left out is the paper's second loss, of the box's prediction against the last step's: it pools features over the
    box, and a method here knows of no features' places.

    alpha: largest share of the past (the paper: 0.5, as recalled).
    keep:  past rows that are kept; of larger batches the first rows alone.
    lam:   "batch": one box per step; "row": one per row.
    """

    alpha: float = 0.5
    keep: int = 128
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "rows of the last step"
    lam_law = "1 - Uniform(0, alpha), then the exact area"
    domains = ("images",)
    kinds = ("class", "multilabel")
    stackable = False
    mixes_alone = False

    def __post_init__(self):
        super().__post_init__()
        require(0 < self.alpha <= 1, "alpha", self.alpha, "above 0, up to 1")
        require(1 <= self.keep <= 100_000, "keep", self.keep, "1 to 100000")

    def reject(self, task):
        if self.site != "input":
            return f"recursive_mix keeps pictures, so its site is input, not '{self.site}'"
        return reject_flat("recursive_mix", self.site, task.sites)

    def memory(self, net, train):
        if train is None:
            raise ValueError("recursive_mix keeps pictures: show their form first, by mixer.prepare(x, y)")
        return Past(self.keep, train.x, train.classes)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        *_, height, width = batch.shape
        side = (self.alpha * rng.uniform(draws, kind="past share")).sqrt()
        inside, source = [], []
        for pixels in (height, width):
            size = (side * pixels).round().clamp(min=1)
            first = (rng.uniform(draws, kind="box") * (pixels - size + 1)).floor()
            place = torch.arange(pixels, device=side.device, dtype=side.dtype) - first[:, None]
            inside.append((place >= 0) & (place < size[:, None]))
            source.append(2 * (place + 0.5) / size[:, None] - 1)  # in the whole picture, -1 to 1
        own = 1 - (inside[0][:, :, None] & inside[1][:, None, :]).to(side.dtype)
        down, across = source[0][:, :, None].expand_as(own), source[1][:, None, :].expand_as(own)
        grid = torch.stack([across, down], -1).expand(n, -1, -1, -1)
        share = own.mean((1, 2)).expand(n)
        return Plan(rng.permutation(n), own[:, None].expand(n, 1, -1, -1), share, extra={"grid": grid})

    def mix(self, h, plan):
        return _pasted(h, h.index_select(0, plan.partner), plan)

    def objective(self, tail, state, batch, plan, loss):
        past, now = batch.memory, batch.step % 2
        row = plan.partner % past.count[1 - now].clamp(min=1)
        there = past.count[1 - now] > 0
        other = torch.where(there, past.x[1 - now][row].to(state.dtype), state.index_select(0, plan.partner))
        mixed = _pasted(state, other, plan)
        out = tail(mixed)
        own = class_shares(batch.y, out.shape[1], past.y.dtype)
        weight = torch.ones_like(own[:, 0]) if batch.row_weight is None else batch.row_weight.to(own.dtype)
        theirs = torch.where(there, past.y[1 - now][row], own[plan.partner])
        of_own = plan.wy.to(own.dtype) * weight
        of_theirs = (1 - plan.wy.to(own.dtype)) * torch.where(there, past.weight[1 - now][row], weight[plan.partner])
        past.write(now, mixed, (of_own[:, None] * own + of_theirs[:, None] * theirs), of_own + of_theirs)
        return run_mean(of_own * loss(out, batch.y) + of_theirs * loss(out, theirs), batch.runs)


class Past(nn.Module):
    """The mixed rows of the last two steps, by turns: one is read while the other is written, however often.

    x: [2, keep, C, H, W]; y: [2, keep, classes]; weight: [2, keep] of rows in the loss, as their targets' weights mix;
    count: [2] number of rows that are there.
    """

    x: torch.Tensor
    y: torch.Tensor
    weight: torch.Tensor
    count: torch.Tensor

    def __init__(self, keep, x, classes):
        super().__init__()
        self.register_buffer("x", x.new_zeros(2, keep, *x.shape[1:]))
        self.register_buffer("y", x.new_zeros(2, keep, classes))
        self.register_buffer("weight", x.new_zeros(2, keep))
        self.register_buffer("count", torch.zeros(2, dtype=torch.int64))

    def write(self, turn, x, y, weight):
        """Keep the first rows of x [N, C, H, W], and of their targets y [N, classes], which sum to weight [N]."""
        with torch.no_grad():
            n = min(len(x), self.x.shape[1])
            self.x[turn, :n], self.weight[turn, :n] = x[:n], weight[:n]
            self.y[turn, :n] = y[:n] / weight[:n, None].clamp(min=1e-30)
            self.count[turn].fill_(n)


def _pasted(own, other, plan):
    """Rows [N, C, H, W] with the other rows, whole and shrunk, in their boxes."""
    small = F.grid_sample(other, plan.extra["grid"].to(own.dtype), padding_mode="border", align_corners=False)
    return torch.lerp(small, own, plan.wx.to(own.dtype))
