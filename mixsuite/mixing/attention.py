"""Where a vision transformer looks: the attention on the patches of a picture in its last block."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from mixsuite.errors import SkipRun
from mixsuite.mixing.engine import State, Tail

_PARTS = ("*.patch_embed.proj", "*.attn.q_norm", "*.attn.k_norm")


def seen_attention(tail: Tail, x: State) -> tuple[Tensor, Tensor]:
    """Run a net on pictures, and see the attention on their patches.

    timm's attention may be one fused call, which gives no weights. Queries and keys pass through the submodules
    ``q_norm`` and ``k_norm`` all the same, which change nothing unless the net normalises them. So the weights are
    computed from these: softmax(q k' / sqrt(d)), the mean over heads. The query is the class token, the first one; in a
    net without one it is every token, and the mean is taken. Rotary positions come behind these submodules, and are not
    seen.

    Args:
        tail: the stages from the input on.
        x: [N, C, H, W].

    Returns:
        (output [N, ...], attention [N, h, w] on h by w patches as shares that sum to 1, without a gradient).

    Raises:
        SkipRun: the net has no such submodules, or drops tokens.
    """
    out, found = tail.seen(x, *_PARTS)
    patches, q, k = (found[name].detach().float() for name in _PARTS)
    h, w = patches.shape[-2:]
    before = q.shape[2] - h * w  # the class token and registers
    if before < 0:
        raise SkipRun(f"it looks at the attention on {h * w} patches, of which this model keeps {q.shape[2]}")
    asking = q[:, :, :1] if before else q
    weights = (asking @ k.mT / q.shape[3] ** 0.5).softmax(3).mean((1, 2))[:, before:]
    return out, (weights / weights.sum(1, keepdim=True)).reshape(-1, h, w)


def attended(attention: Tensor, mask: Tensor) -> Tensor:
    """The attention that falls on a mask, [N]. attention: [N, h, w]; mask: [N, 1, H, W] in [0, 1]."""
    _, h, w = attention.shape
    return (attention * F.adaptive_avg_pool2d(mask.float(), (h, w))[:, 0]).sum((1, 2))
