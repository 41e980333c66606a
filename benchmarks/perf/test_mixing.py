"""Time mixing alone, a plan and the mixed batch: mixsuite, torchvision v2, timm, and a clone of the batch as the limit.

The data are in memory. Each library is called as its documentation says, targets included.
"""

import pytest
import torch
from timm.data import Mixup as Timm
from torchvision.transforms import v2

from mixsuite.mixing import Mixer

SHAPES = {"256x3x32x32": (256, 3, 32, 32), "64x3x224x224": (64, 3, 224, 224)}
CLASSES = 100


@pytest.fixture(params=list(SHAPES), ids=list(SHAPES))
def batch(request):
    torch.set_num_threads(1)
    shape = SHAPES[request.param]
    return torch.randn(*shape), torch.randint(0, CLASSES, (shape[0],))


@pytest.mark.parametrize("method", ["mixup", "cutmix"])
def test_mixsuite(benchmark, batch, method):
    x, y = batch
    mixer = Mixer(method, seed=0)
    benchmark(lambda: mixer(x, y))


@pytest.mark.parametrize("method", ["mixup", "cutmix"])
def test_torchvision(benchmark, batch, method):
    x, y = batch
    transform = {"mixup": v2.MixUp, "cutmix": v2.CutMix}[method](num_classes=CLASSES)
    benchmark(lambda: transform(x, y))


@pytest.mark.parametrize("method", ["mixup", "cutmix"])
def test_timm(benchmark, batch, method):
    x, y = batch
    alphas = {"mixup": (1.0, 0.0), "cutmix": (0.0, 1.0)}[method]
    transform = Timm(mixup_alpha=alphas[0], cutmix_alpha=alphas[1], num_classes=CLASSES)
    # timm mixes in place, so it gets a copy, as a loader gives it a batch of its own; the copy is not timed.
    benchmark.pedantic(transform, setup=lambda: ((x.clone(), y), {}), rounds=60, warmup_rounds=5)


def test_clone(benchmark, batch):
    x, _ = batch
    benchmark(x.clone)
