"""Columns embedded value by value."""

import torch

from mixsuite.models.tabular.embedded import EmbeddedColumns, StackedEmbeddedColumns
from mixsuite.training.loop import train


def test_columns_are_embedded_value_by_value_and_categories_mix_alike_before_and_behind():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = EmbeddedColumns((0, 1, 1, 1, 2), (True, False, False, False, True), size=4)
    x = torch.tensor([[0.5, 1, 0, 0, -1.0], [2.0, 0, 0, 1, 0.3], [-1.0, 0, 0, 0, 4.0]])  # the last: a value not seen
    h, w, b = layer(x), layer.weight[:, 0], layer.bias
    assert h.shape == (3, 3, 4)
    for row, value in enumerate([w[1], w[3], torch.zeros(4)]):
        torch.testing.assert_close(h[row, 0], (x[row, 0] * w[0] + b[0]).relu())
        torch.testing.assert_close(h[row, 1], value + b[1])
        torch.testing.assert_close(h[row, 2], (x[row, 4] * w[4] + b[2]).relu())
    before, behind = layer(0.3 * x[:1] + 0.7 * x[1:2]), 0.3 * h[:1] + 0.7 * h[1:2]
    torch.testing.assert_close(before[:, 1], behind[:, 1])  # linear in the share
    assert not torch.allclose(before[:, [0, 2]], behind[:, [0, 2]])


def test_mixing_behind_the_embedding_of_columns_trains(job):
    plain, input_, hidden = (
        train(job(text, model="embedded(size=4, width=8, depth=1)", steps=30))
        for text in ("erm", "mixup", "mixup(site=hidden)")
    )
    assert len({one.digests["init"] for one in (plain, input_, hidden)}) == 1
    assert len({one.digests["weights"] for one in (plain, input_, hidden)}) == 3
    assert input_.digests["draws"] == hidden.digests["draws"]
    assert hidden.curve[-1]["loss"] < hidden.curve[0]["loss"]


def test_its_twin_embeds_each_runs_rows_by_that_runs_vectors():
    groups, numbers = (0, 1, 1, 2), (True, False, False, True)
    layers = [EmbeddedColumns(groups, numbers, size=3).double() for _ in range(3)]
    x = torch.randn(3, 5, 4, dtype=torch.float64)
    alone = torch.stack([layer(rows) for layer, rows in zip(layers, x, strict=True)])
    torch.testing.assert_close(StackedEmbeddedColumns(layers)(x.flatten(0, 1)).unflatten(0, (3, 5)), alone)
