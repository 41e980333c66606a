"""Nets of torchvision by name, torchvision:resnet18. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.errors import InputError, unknown
from mixsuite.models.adapted import Rgb, keywords, last_linear
from mixsuite.models.base import Model, OneModule, Staged
from mixsuite.plugins.entry import Params


@dataclass(frozen=True)
class Torchvision(Model):
    """A net of torchvision with fresh weights, as torchvision:resnet18 or torchvision:vit_b_16(image_size=32).

    Residual nets are cut at their own stages: ``hidden`` is behind layer1. Other nets run whole; ``embedding`` is the
    input of their last Linear. Grey pictures are given three times.

    name:   as torchvision.models has it.
    others: further parameters of torchvision's builder.
    """

    name: str
    others: Params = ()

    domains = ("images",)
    requires = ("torchvision",)
    arguments = ("name",)
    takes_others = True
    reference = "torchvision.models"

    def build(self, data: Data) -> Staged:
        from torchvision import models
        from torchvision.models.resnet import ResNet

        assert isinstance(data.train.x, Tensor)
        if self.name not in models.list_models(module=models):
            raise unknown("net of torchvision", self.name, models.list_models(module=models))
        given = {"weights": None} | keywords(self.others)
        if given["weights"] is not None:
            what = f"torchvision:{self.name}: weights={given['weights']}"
            raise InputError(f"{what}: a run downloads nothing; allowed is none")
        net = models.get_model(self.name, num_classes=data.classes, **given)
        if isinstance(net, ResNet):
            stem = nn.Sequential(Rgb(), net.conv1, net.bn1, net.relu, net.maxpool, net.layer1)
            body = nn.Sequential(net.layer2, net.layer3, net.layer4, net.avgpool, nn.Flatten())
            return Staged([stem, body, net.fc], {"input": 0, "hidden": 1, "embedding": 2})
        name = last_linear(net)
        inner = {"embedding": f"stages.0.module.1.{name}"} if name else {}
        return Staged([OneModule(nn.Sequential(Rgb(), net))], {"input": 0}, inner=inner)
