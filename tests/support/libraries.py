"""mixup and CutMix of torchvision and timm, made to draw what they are told."""

import torch


def one_hot(y):
    """Four classes as 0 and 1."""
    return torch.nn.functional.one_hot(y, 4).float()


def torchvision_twin(name, x, y, params):
    from torchvision.transforms import v2

    # torchvision pairs each row with the one before it: roll(1).
    twin = {"mixup": v2.MixUp, "cutmix": v2.CutMix}[name](num_classes=4)
    given_params = params | {"labels": y, "batch_size": len(x)}
    image = twin.transform(x, given_params)
    return image, twin._mixup_label(one_hot(y), lam=params.get("lam", params.get("lam_adjusted")))


class TimmDraws:
    """What timm's Mixup asks numpy for: one lambda, and a box's centre (its row first)."""

    def __init__(self, lam, centre=()):
        self.lam, self.centre = lam, list(centre)

    def rand(self, *_):
        return 0.0

    def beta(self, *_, **__):
        return self.lam

    def randint(self, *_, **__):
        return self.centre.pop(0)


def timm_twin(monkeypatch, x, y, draws, **alphas):
    from timm.data import mixup as timm

    class Numpy:
        random = draws

        def __getattr__(self, name):
            import numpy

            return getattr(numpy, name)

    monkeypatch.setattr(timm, "np", Numpy())
    return timm.Mixup(label_smoothing=0.0, num_classes=4, **alphas)(x.clone(), y)  # pairs each row with flip(0)'s
