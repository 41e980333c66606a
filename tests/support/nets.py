"""Nets of a user's own, as files."""

NET = '''
"""A small net of my own."""

from dataclasses import dataclass

from torch import nn

from mixsuite.domains import Model


class Net(nn.Module):
    def __init__(self, columns, width, classes):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(columns, width), nn.BatchNorm1d(width), nn.Linear(width, classes)
        self.drop = nn.Dropout(0.25)

    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x)).relu()))


@dataclass(frozen=True)
class Mine(Model):
    """Linear, norm, ReLU, dropout, Linear."""

    width: int = 8

    sites = {"hidden": "norm", "embedding": "last"}

    def build(self, data):
        return Net(data.train.x.shape[1], self.width, data.classes)
'''
