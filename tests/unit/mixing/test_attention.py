"""The attention that is seen in timm's nets, against the weights of its attention that is not fused."""

import pytest
import torch
from support.pictures import pictures
from torch import nn

from mixsuite.errors import SkipRun
from mixsuite.mixing import Tail
from mixsuite.mixing.attention import attended, seen_attention
from mixsuite.models.images.vit_tiny import VitTiny

timm = pytest.importorskip("timm")


def weights_of(net, x):
    """The last block's attention weights [N, heads, T, T], from the dropout behind them, which fused attention skips."""
    blocks = [module for name, module in net.named_modules() if name.endswith(".attn")]
    for block in blocks:
        block.fused_attn = False
    seen = []
    handle = blocks[-1].attn_drop.register_forward_hook(lambda module, inputs, out: seen.append(out.detach()))
    net(x)
    handle.remove()
    for block in blocks:
        block.fused_attn = True
    return seen[0]


def test_it_is_the_class_tokens_attention_in_the_last_block_of_vit_tiny():
    torch.manual_seed(0)
    net = VitTiny(2, 12, 3, 3).build(pictures(channels=1, size=8))
    net.stages[0].net.blocks[-1].attn.qkv.weight.data *= 20  # so that attention is uneven
    x = 3 * pictures(channels=1, size=8).train.x
    out, found = seen_attention(Tail(net, net), x)
    torch.testing.assert_close(out, net(x))
    assert out.requires_grad
    assert not found.requires_grad
    wanted = weights_of(net, x).mean(1)[:, 0, 1:]
    torch.testing.assert_close(found.flatten(1), wanted / wanted.sum(1, keepdim=True))


@pytest.mark.parametrize(
    ("given", "before"),
    [
        ({"class_token": False, "global_pool": "avg"}, 0),
        ({"qk_norm": True}, 1),
        ({"reg_tokens": 4}, 5),
        ({"class_token": False, "reg_tokens": 2, "global_pool": "avg"}, 2),
    ],
)
def test_so_it_is_in_timms_other_vision_transformers(given, before):
    torch.manual_seed(0)
    net = timm.models.vision_transformer.VisionTransformer(
        img_size=(8, 12), patch_size=4, in_chans=1, num_classes=3, embed_dim=12, depth=2, num_heads=3, **given
    )
    x = torch.randn(4, 1, 8, 12, generator=torch.Generator().manual_seed(0))
    _, found = seen_attention(Tail(net, net), x)
    assert found.shape == (4, 2, 3)
    weights = weights_of(net, x).mean(1)
    wanted = (weights[:, 0] if before else weights.mean(1))[:, before:]
    torch.testing.assert_close(found.flatten(1), wanted / wanted.sum(1, keepdim=True))


def test_what_falls_on_a_mask_is_shared_where_a_border_cuts_a_patch():
    attention = torch.tensor([[[0.1, 0.2], [0.3, 0.4]]])
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :3] = 1  # the left patches, and half of the right ones
    assert float(attended(attention, mask)) == pytest.approx(0.1 + 0.3 + 0.5 * (0.2 + 0.4))


def test_a_model_without_timms_attention_is_skipped_with_the_reason():
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with pytest.raises(SkipRun, match=r"looks at the submodule '\*.patch_embed.proj', which this model does not have"):
        seen_attention(Tail(net, net), torch.randn(2, 1, 8, 8))


def test_a_model_that_drops_tokens_is_skipped_too():
    net = timm.models.vision_transformer.VisionTransformer(
        img_size=8, patch_size=2, in_chans=1, num_classes=3, embed_dim=12, depth=1, num_heads=3, patch_drop_rate=0.5
    )
    with pytest.raises(SkipRun, match="attention on 16 patches, of which this model keeps 9"):
        seen_attention(Tail(net, net), torch.randn(2, 1, 8, 8))
