"""Puzzle Mix (Kim, Choo and Song 2020, arXiv:2009.06962): blocks chosen by saliency and by what fits together."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, mixup_plan, reject_flat, require, two_term_loss


@dataclass(frozen=True)
class PuzzleMix(Method):
    """Each block of a grid is the own row's, the partner's or half of both, by the least of an energy. Two passes.

    Saliency s is the norm over channels of the loss's gradient, as shares of a picture's blocks. With z the own share
    of a block, 0, 1/2 or 1, and g blocks along each side, the energy is the sum over blocks of
    (1 - z) s + z s' - eta / g^2 log p(z), p the binomial law of lambda, and over neighbours of
    beta / (16 g) (1 + gamma d) (z - z')^2, d being by how much more the two pictures differ across the blocks' border
    than each does in itself. The target's share is the mask's mean. The weights are those of the authors' public code.

    Ours: the paper minimises by graph cuts, here blocks move in turn (iterated conditional modes) from four starts; the
    grid's side 2, 4, 8, 16, as far as the picture has the pixels, is the step's turn, and is drawn in the paper; d is
    in units of the pair's mean distance, and cut at 0. The paper's moving of blocks by optimal transport is left out.
    The clean rows pass first, for the gradient alone, then the mixed ones; both move BatchNorm's running statistics.

    beta, gamma, eta: weights of smoothness, of the border's difference in it, and of lambda's law.
    rounds:      each block may move so many times.
    alpha, lam:  lambda is drawn from Beta(alpha, alpha), as for mixup.
    """

    beta: float = 1.2
    gamma: float = 0.5
    eta: float = 0.2
    rounds: int = 5
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the mask's mean"
    rows = "2"
    domains = ("images",)
    stackable = False
    mixes_alone = False

    def __post_init__(self):
        super().__post_init__()
        for name in ("beta", "gamma", "eta"):
            require(getattr(self, name) >= 0, name, getattr(self, name), ">= 0")
        require(1 <= self.rounds <= 100, "rounds", self.rounds, "1 to 100")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def reject(self, task):
        return reject_flat("puzzle_mix", self.site, task.sites)

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, self.lam)

    def objective(self, tail, state, batch, plan, loss):
        held = state.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(tail(held), batch.y).sum(), held)
        sides = [side for side in (2, 4, 8, 16) if side <= min(state.shape[-2:])]
        mask = self.mask(held.detach(), gradient, plan, sides[batch.step % len(sides)]).to(plan.wx.dtype)
        mine = plan._replace(wx=mask, wy=mask.flatten(1).mean(1))
        return two_term_loss(tail(self.mix(state, mine)), batch, mine, loss)

    def mask(self, x, gradient, plan, side):
        """The own shares [N, 1, H, W] of pixels, from pictures x and the loss's gradient [N, C, H, W]."""
        place = [(torch.arange(size, device=x.device) * side).div(size, rounding_mode="floor") for size in x.shape[2:]]
        tall, wide = (torch.nn.functional.one_hot(p, side).float() for p in place)  # [pixels, blocks]
        salient = tall.T @ gradient.float().norm(dim=1) @ wide + 1e-12
        salient = salient / salient.sum((1, 2), keepdim=True)
        x = x.float()
        borders = _borders(x, plan.partner, wide, side), _borders(x.mT, plan.partner, tall, side).mT
        down, across = (self.beta / (16 * side) * (1 + self.gamma * border) for border in borders)
        lam = plan.wy.float().clamp(1e-6, 1 - 1e-6)
        law = torch.stack([(1 - lam) ** 2, 2 * lam * (1 - lam), lam**2]).log()[:, :, None, None] / side**2
        z = torch.arange(3, device=x.device)[:, None, None, None] / 2
        cost = (1 - z) * salient + z * salient[plan.partner] - self.eta * law  # [label, N, side, side]
        blocks = _least(cost, down, across, self.rounds)
        return blocks[:, place[0]][:, :, place[1]][:, None]


def _borders(x, partner, blocks, side):
    """By how much more two pictures [N, C, H, W] differ across a block's lower border than each does: [N, g - 1, g].

    blocks: [W, g] 1 where a pixel's column is in a block.
    """
    first = (torch.arange(1, side, device=x.device) * x.shape[2] + side - 1).div(side, rounding_mode="floor")
    above, below = x[:, :, first - 1], x[:, :, first]

    def gap(one, other):
        return (one - other).abs().mean(1) @ (blocks / blocks.sum(0))

    mixed = gap(above, below[partner]) + gap(above[partner], below)
    alone = gap(above, below)
    unit = (x - x[partner]).abs().mean((1, 2, 3)).clamp(min=1e-12)
    return ((mixed - alone - alone[partner]) / 2 / unit[:, None, None]).clamp(min=0)


def _least(cost, down, across, rounds):
    """The labels [N, g, g] in 0, 1/2, 1 of the least energy that was found.

    The fields of a checkerboard's colour have no neighbours of their own colour, so each moves to its best label at
    once, and the energy never rises. This is done from four starts: the unary terms' best, and each label everywhere.

    cost:   [3, N, g, g] of a block's labels.
    down:   [N, g - 1, g] weight of (z - z')^2 of a block and the one below it.
    across: [N, g, g - 1] of a block and the one to its right.
    """
    side, pad = cost.shape[-1], torch.nn.functional.pad
    level = torch.arange(3, device=cost.device)
    starts = [cost.argmin(0), *(level[k].expand(cost.shape[1:]) for k in range(3))]
    at = torch.stack(starts)  # [start, N, g, g]
    labels = level[:, None, None, None, None] / 2
    total = pad(down, (0, 0, 1, 0)) + pad(down, (0, 0, 0, 1)) + pad(across, (1, 0)) + pad(across, (0, 1))
    place = torch.arange(side, device=cost.device)
    black = (place[:, None] + place) % 2 == 0
    for step in range(2 * rounds):
        z = at / 2
        pull = pad(down * z[:, :, :-1], (0, 0, 1, 0)) + pad(down * z[:, :, 1:], (0, 0, 0, 1))
        pull = pull + pad(across * z[..., :-1], (1, 0)) + pad(across * z[..., 1:], (0, 1))
        best = (cost[:, None] + labels**2 * total - 2 * labels * pull).argmin(0)
        at = torch.where(black if step % 2 == 0 else ~black, best, at)
    z = at / 2
    energy = cost.gather(0, at).sum((2, 3)) + (down * z.diff(dim=2).square()).sum((2, 3))
    energy = energy + (across * z.diff(dim=3).square()).sum((2, 3))
    found = energy.argmin(0)
    return z.gather(0, found[None, :, None, None].expand(1, *z.shape[1:]))[0]
