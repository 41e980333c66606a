"""Nets of timm by name, timm:resnet18. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.errors import InputError, unknown
from mixsuite.models.adapted import Part, keywords
from mixsuite.models.base import Model, Staged
from mixsuite.plugins.entry import Params


@dataclass(frozen=True)
class Timm(Model):
    """A net of timm with fresh weights, as timm:resnet18 or timm:vit_tiny_patch16_224(img_size=32, patch_size=4).

    It is cut where timm cuts its nets: ``hidden`` is behind forward_features, ``embedding`` before the classifier.

    name:   as timm.list_models() has it.
    others: further parameters of timm.create_model.
    """

    name: str
    others: Params = ()

    domains = ("images",)
    requires = ("timm",)
    arguments = ("name",)
    takes_others = True
    reference = "Wightman 2019, PyTorch Image Models"

    def build(self, data: Data) -> Staged:
        import timm

        assert isinstance(data.train.x, Tensor)
        if self.name not in timm.list_models():
            raise unknown("net of timm", self.name, timm.list_models())
        given = {"in_chans": data.train.x.shape[1]} | keywords(self.others)
        if given.get("pretrained") not in (None, False):
            what = f"timm:{self.name}: pretrained={given['pretrained']}"
            raise InputError(f"{what}: a run downloads nothing; leave it out")
        net = timm.create_model(self.name, num_classes=data.classes, **given)
        parts = [Part(net, _features, owns=True), Part(net, _pooled), Part(net, _classified)]
        return Staged(parts, {"input": 0, "hidden": 1, "embedding": 2})


def _features(net: Any, x: Tensor) -> Any:
    return net.forward_features(x)


def _pooled(net: Any, h: Tensor) -> Any:
    return net.forward_head(h, pre_logits=True)


def _classified(net: Any, h: Tensor) -> Any:
    return net.get_classifier()(h)
