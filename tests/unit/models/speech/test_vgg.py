"""VGG-11 over the bands of a clip."""

from support.clips import clip_job, clips
from torch import nn


def test_vgg_is_configuration_a():
    raw = clips([101] * 4, channels=161)
    model = clip_job("erm", raw, model="vgg").model
    widths = [layer.out_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert widths == [64, 128, 256, 256, 512, 512, 512, 512]
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in model.modules()) == 5
    linear = [(layer.in_features, layer.out_features) for layer in model.modules() if isinstance(layer, nn.Linear)]
    assert linear == [(7680, 512), (512, 2)]  # of a spectrogram [161, 101], as in public code of such nets


def test_a_norm_and_no_bias_in_each_block_and_dropout_in_the_head():
    model = clip_job("erm", clips([90] * 4, channels=40), model="vgg(width=2)", dropout=0.25).model
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert [norm.num_features for norm in norms] == [layer.out_channels for layer in convolutions]
    assert all(layer.bias is None and layer.kernel_size == (3, 3) and layer.padding == (1, 1) for layer in convolutions)
    assert [layer.p for layer in model.modules() if isinstance(layer, nn.Dropout)] == [0.25]
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 3}
