"""What the tests of every domain need: an axis that keeps what is drawn, and a check of the kit's samples."""

import torch


class Axis:
    """Keeps what is drawn."""

    def imshow(self, picture, **options):
        self.picture, self.options = picture, options

    def plot(self, *values, **options):
        self.line = values

    def set_xlim(self, *limits):
        self.xlim = limits

    def set_ylim(self, *limits):
        self.ylim = limits


def check_samples(domain, shapes):
    """Samples are a function of the generator, and the first leaf of each site has its shape."""
    one, again, other = (domain.samples(6, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    for site, state in one.items():
        leaves, same, differ = _leaves(state), _leaves(again[site]), _leaves(other[site])
        assert all(len(leaf) == 6 for leaf in leaves)
        assert all(torch.equal(a, b) for a, b in zip(leaves, same, strict=True))
        assert not torch.equal(leaves[0], differ[0])
    assert {site: tuple(_leaves(state)[0].shape[1:]) for site, state in one.items()} == shapes


def _leaves(state):
    return state if isinstance(state, tuple) else (state,)
