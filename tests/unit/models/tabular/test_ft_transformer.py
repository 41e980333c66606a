"""FT-Transformer: its size, and its tokens against the authors' embeddings."""

import pytest
import torch
from rtdl_revisiting_models import CategoricalEmbeddings, LinearEmbeddings

from mixsuite.data.rows import Data, Subset
from mixsuite.errors import InputError
from mixsuite.models.base import Model
from mixsuite.models.tabular.ft_transformer import FtTransformer, Tokens
from mixsuite.plugins.kinds import MODEL
from mixsuite.plugins.load import load_plugin


def test_it_has_as_many_weights_as_its_docstring_says():
    part = Subset(torch.randn(8, 5), torch.arange(8) % 3)
    net = FtTransformer().build(Data(part, part, part, "class", 3, groups=(0, 1, 2, 3, 4), numbers=(True,) * 5))
    assert sum(weight.numel() for weight in net.parameters()) == 225_891
    assert net.eval()(part.x).shape == (8, 3)


def test_tokens_are_the_authors_embeddings_for_pure_rows_and_their_mixture_for_mixed_ones():
    tokens = Tokens((0, 1, 1, 1, 2), 4)  # a number, a category of three values, a number
    numbers, category = LinearEmbeddings(2, 4), CategoricalEmbeddings([3], 4, True)
    with torch.no_grad():
        numbers.weight.copy_(tokens.weight[[0, 4], 0])
        numbers.bias.copy_(tokens.bias[[0, 2]])
        category.embeddings[0].weight.copy_(tokens.weight[1:4, 0])
        category.bias.copy_(tokens.bias[[1]])
    x, value = torch.randn(6, 2), torch.tensor([0, 2, 1, 1, 0, 2])
    encoded = torch.cat([x[:, :1], torch.eye(3)[value], x[:, 1:]], 1)
    found = tokens(encoded)
    by_number, by_value = numbers(x), category(value[:, None])
    wanted = torch.cat([tokens.first.expand(6, 1, 4), by_number[:, :1], by_value, by_number[:, 1:]], 1)
    torch.testing.assert_close(found, wanted)
    mixed = tokens(0.3 * encoded + 0.7 * encoded.flip(0))
    torch.testing.assert_close(mixed, 0.3 * found + 0.7 * found.flip(0))


def test_a_width_that_heads_do_not_divide_is_refused():
    with pytest.raises(InputError, match="width=10: allowed is a multiple of heads=8"):
        load_plugin(MODEL, "ft_transformer(width=10)", Model)
