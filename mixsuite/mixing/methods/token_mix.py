"""TokenMix: several blocks of tokens of the partner (Liu, Liu, Zhou, Li and Liu 2022, arXiv:2207.08409)."""

import copy
from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, Tail, mask_plan, reject_flat, require, two_term_loss
from mixsuite.mixing.attention import attended, seen_attention


@dataclass(frozen=True)
class TokenMix(Method):
    """CutMix with several blocks of whole tokens for one box; the target's share follows a teacher's attention.

    Blocks are drawn one after another, of ``least`` to twice as many tokens, with sides in a ratio of 0.3 to 1/0.3. One
    that takes more tokens than lambda still leaves to the partner is left out. Reconstructed: several blocks and a
    target by a teacher's activation are the paper's; the blocks' law is ours, after BEiT's (Bao et al. 2022,
    arXiv:2106.08254). Ours: the teacher is an averaged copy of the model, where the paper has a trained net, and
    its activation is the attention of its last block on the unmixed rows, as in trans_mix. With a, a' of the own row
    and the partner, the own share is a on the tokens that stayed, divided by that plus a' on the others. One forward
    pass, and one of the teacher without a gradient.

    target: "attention": as above, for models with timm's attention; "area": the share of pixels that stayed, for all.
    patch:  pixels of a token along each side.
    blocks: drawn at most.
    least:  tokens of the smallest block, as a share of all (public code: 14 of 196).
    decay:  of the teacher's weights, at each step.
    alpha:  lambda is drawn from Beta(alpha, alpha).
    lam:    "batch": one lambda and one mask per step; "row": one per row.
    """

    target: Literal["attention", "area"] = "attention"
    patch: int = 4
    blocks: int = 20
    least: float = 14 / 196
    decay: float = 0.99
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "row"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact blocks' attention or area"
    domains = ("images",)
    stackable = False

    def __post_init__(self):
        super().__post_init__()
        require(self.patch >= 1, "patch", self.patch, ">= 1")
        require(1 <= self.blocks <= 100, "blocks", self.blocks, "1 to 100")
        require(0 < self.least <= 1, "least", self.least, "above 0, up to 1")
        require(0 <= self.decay < 1, "decay", self.decay, "0 to below 1")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    @property
    def mixes_alone(self):
        return self.target == "area"

    def reject(self, task):
        if self.site != "input":
            return f"token_mix is for patches of pictures, so its site is input, not '{self.site}'"
        return reject_flat("token_mix", self.site, task.sites)

    def memory(self, net, train):
        return None if self.target == "area" else copy.deepcopy(net).requires_grad_(False).eval()

    def remember(self, batch, net):
        if batch.memory is None:
            return
        with torch.no_grad():
            for slow, fast in zip(batch.memory.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast.to(slow.dtype), 1 - self.decay)
            for slow, fast in zip(batch.memory.buffers(), net.buffers(), strict=True):
                slow.copy_(fast)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        grid = [-(-size // self.patch) for size in batch.shape[-2:]]
        left = ((1 - rng.beta(self.alpha, self.alpha, draws)) * grid[0] * grid[1]).round()
        least = max(1.0, self.least * grid[0] * grid[1])
        own = torch.ones(draws, *grid, dtype=torch.bool, device=left.device)
        for _ in range(self.blocks):
            tokens = least * (1 + rng.uniform(draws, kind="block size"))
            ratio = 0.3 ** (2 * rng.uniform(draws, kind="block ratio") - 1)
            inside = []
            for size, side in zip(grid, ((tokens * ratio).sqrt(), (tokens / ratio).sqrt()), strict=True):
                side = side.round().clamp(1, size)
                first = (rng.uniform(draws, kind="block place") * (size - side + 1)).floor()
                token = torch.arange(size, device=left.device)
                inside.append((token >= first[:, None]) & (token < (first + side)[:, None]))
            block = own & inside[0][:, :, None] & inside[1][:, None, :]
            count = block.sum((1, 2))
            taken = count <= left
            own = own & ~(block & taken[:, None, None])
            left = left - torch.where(taken, count, 0)
        down, across = (torch.arange(size, device=left.device) // self.patch for size in batch.shape[-2:])
        return mask_plan(own[:, down][:, :, across].to(left.dtype), batch, rng.permutation(n))

    def objective(self, tail, state, batch, plan, loss):
        mixed = tail(self.mix(state, plan))
        if batch.memory is not None:
            with torch.no_grad():
                _, attention = seen_attention(Tail(batch.memory, batch.memory), state)
            own, other = attended(attention, plan.wx), attended(attention[plan.partner], 1 - plan.wx)
            plan = plan._replace(wy=(own / (own + other).clamp(min=1e-12)).clamp(0, 1).to(plan.wy.dtype))
        return two_term_loss(mixed, batch, plan, loss)
