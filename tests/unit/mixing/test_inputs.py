"""What real loops hand to a mixer, and what their models give back."""

from collections import OrderedDict, UserDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from mixsuite.mixing import Mixer

X, Y = torch.randn(8, 4, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 3
NET = nn.Linear(4, 3)


def mixer(method="mixup", **how):
    return Mixer(method, seed=0, **how)


class Collate:
    """Mixes in the loader, as is often done."""

    def __init__(self):
        self.mixer = mixer()

    def __call__(self, rows):
        return self.mixer(torch.stack([x for x, _ in rows]), torch.stack([y for _, y in rows]))[0]


def test_draws_in_a_loaders_worker_are_refused_with_what_to_do():
    rows = list(zip(X, Y, strict=True))
    assert len(list(DataLoader(rows, 4, collate_fn=Collate()))) == 2
    with pytest.raises(
        ValueError, match="every worker and every epoch would draw the same: call it in the training loop"
    ):
        list(DataLoader(rows, 4, collate_fn=Collate(), num_workers=1))


SHARES = torch.nn.functional.one_hot(Y, 3)


@pytest.mark.parametrize("y", [Y, Y.to(torch.int32), Y.to(torch.uint8), Y.float(), Y[:, None], SHARES, SHARES.double()])
@pytest.mark.slow
def test_targets_that_mean_the_same_give_the_same(y):
    wanted = float(mixer().loss(NET, X, Y).detach())
    assert float(mixer().loss(NET, X, y).detach()) == pytest.approx(wanted, rel=1e-6)
    soft = mixer()(X, y)[1].soft(3)
    torch.testing.assert_close(soft.float(), mixer()(X, Y)[1].soft(3))
    assert 0 < float(soft.max(1).values.min()) < 1  # shares are not cut to 0 and 1


@pytest.mark.parametrize(
    ("y", "kind", "said"),
    [
        (Y - 1, "class", "classes are numbered from 0, here from -1"),
        (torch.tensor([0, 10**6] * 4), "class", "up to 1000000"),
        (Y + 0.5, "class", "classes must be whole numbers"),
        (SHARES * 2.0, "class", "soft targets are shares"),
        (SHARES - 0.5, "class", "soft targets are shares"),
        (2 * SHARES - 1, "multilabel", "labels are 0 to 1, here -1 to 1"),
        (torch.full((8,), torch.nan), "regression", "targets must be finite"),
        (torch.zeros(8, 5, 5, dtype=torch.long), "class", r"targets are [n] or [n, C], not [8, 5, 5]"),
        (torch.zeros(0, dtype=torch.long), "class", "y must be a tensor of numbers with a row at least"),
        (torch.tensor(1), "class", "y must be a tensor of numbers with a row at least"),
        (Y + 0j, "class", "y must be a tensor of numbers"),
        (Y + 3, "class", "the targets have class 5, the model has 3 outputs, 0 to 2"),
        (torch.full((8, 5), 0.2), "class", "the model has 3 outputs, the targets have 5 columns"),
        (torch.zeros(8, 5), "multilabel", "the model has 3 outputs, the targets have 5 columns"),
        ([0, 1], "class", "y must be a tensor"),
    ],
)
def test_targets_that_cannot_be_meant_are_refused_at_every_step(y, kind, said):
    one = mixer(kind=kind)
    good = {"class": Y, "multilabel": SHARES, "regression": torch.randn(8, 3)}[kind]
    for _ in range(3):
        one.loss(NET, X, good)
        with pytest.raises(ValueError) as error:
            one.loss(NET, X, y)
        assert said in str(error.value)


def test_one_output_a_row_tells_no_class():
    with pytest.raises(ValueError, match='say kind="multilabel"'):
        mixer().loss(nn.Linear(4, 1), X, Y.float())
    loss = mixer(kind="multilabel").loss(nn.Linear(4, 1), X, (Y > 0).float())
    assert loss.dim() == 0


def test_a_loss_of_ones_own_has_targets_of_ones_own():
    def per_row(out, y):
        return nn.functional.cross_entropy(out, y, reduction="none").mean(1)

    pixels = torch.zeros(8, 5, dtype=torch.long)
    assert mixer(loss=per_row).loss(nn.Sequential(nn.Linear(4, 15), nn.Unflatten(1, (3, 5))), X, pixels).dim() == 0


def test_batches_of_another_length_are_refused_each_time():
    one = mixer()
    for _ in range(3):
        one.loss(NET, X, Y)
        with pytest.raises(ValueError, match="x has 8 rows, y has 7"):
            one.loss(NET, X, Y[:7])


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(10, 6), nn.Linear(6, 3)

    def forward(self, ids, mask=None):
        h = self.embedding(ids).mean(1)
        return self.head(h)


def test_tokens_are_mixed_behind_the_embedding():
    ids = torch.randint(10, (8, 5))
    assert mixer(site="head").loss(Tokens(), ids, Y).dim() == 0
    assert mixer(site="head").loss(Tokens(), {"ids": ids, "mask": ids > 3}, Y).dim() == 0
    with pytest.raises(ValueError, match="mix tokens behind the embedding"):
        mixer().loss(Tokens(), ids, Y)
    with pytest.raises(ValueError, match=r"is given torch.int64, which cannot be mixed"):
        mixer(site="embedding").loss(Tokens(), ids, Y)


def test_tokens_beside_pictures_are_no_mask():
    with pytest.raises(ValueError, match="is no mask of 0 and 1: tokens are mixed behind their embedding"):
        mixer().loss(Two(), {"x": X, "mask": torch.arange(32).reshape(8, 4)}, Y)


def test_uint8_pictures_are_mixed_as_float():
    pictures = torch.randint(0, 256, (8, 3, 4, 4), dtype=torch.uint8)
    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
    mixed, _ = mixer()(pictures, Y)
    torch.testing.assert_close(mixed, mixer()(pictures.float(), Y)[0])
    assert mixer().loss(net, pictures, Y) == mixer().loss(net, pictures.float(), Y)


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x, mask):
        assert mask.is_floating_point()
        return self.layer(x * mask)


@pytest.mark.parametrize("mask", [torch.ones(8, 4, dtype=torch.bool), torch.ones(8, 4, dtype=torch.int64)])
def test_masks_are_mixed_like_their_rows_in_tuples_lists_and_dicts(mask):
    net, found = Two(), []
    for x in ((X, mask), [X, mask], {"x": X, "mask": mask}):
        found.append(float(mixer().loss(net, x, Y).detach()))
        mixed, _ = mixer()(x, Y)
        assert type(mixed) is type(x)
    assert len(set(found)) == 1


Out = namedtuple("Out", ["logits", "other"])


@dataclass
class Object:
    logits: torch.Tensor


@pytest.mark.parametrize(
    ("wrap", "output"),
    [
        (lambda out: Out(out, None), None),
        (Object, None),
        (lambda out: {"logits": out}, None),
        (lambda out: {"prediction": out}, "prediction"),
        (lambda out: (out, None), lambda pair: pair[0]),
    ],
)
def test_models_that_return_objects(wrap, output):
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = NET

        def forward(self, x):
            return wrap(self.net(x))

    for site in ("input", "net"):
        assert mixer(output=output, site=site).loss(Wrapped(), X, Y) == mixer(site="input").loss(NET, X, Y)
    with pytest.raises(ValueError, match=r'with no tensor.*say which, as in output="logits"'):
        mixer(output="nothing").loss(Wrapped(), X, Y)


def test_anything_may_enter_a_model_that_is_mixed_inside():
    class Graphs(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 3)

        def forward(self, batch):
            return self.head(batch.rows)

    batch = type("Batch", (), {"rows": X})()
    net = Graphs()
    assert mixer(site="head").loss(net, batch, Y) == mixer().loss(net.head, X, Y)
    with pytest.raises(ValueError, match="x is a Batch: mixing at the input takes tensors; name a site inside"):
        mixer().loss(Graphs(), batch, Y)


def test_channels_last_stays():
    x = torch.randn(8, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    for method in ("mixup", "cutmix"):
        mixed, _ = mixer(method)(x, Y)
        assert mixed.is_contiguous(memory_format=torch.channels_last)
        plain, _ = mixer(method)(x.contiguous(), Y)
        assert plain.is_contiguous()
        torch.testing.assert_close(mixed, plain)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "site"),
    [("mixup", "input"), ("mixup", "2"), ("mixupe", "input"), (["mixup", "mixup(alpha=0.2)", "mixupe"], "input")],
)
def test_a_compiled_step_draws_anew_each_time(method, site):
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    found = []
    for compiled in (False, True):
        one = mixer(method, site=site)

        def step(x, y, one=one):
            return one.loss(net, x, y)

        step = torch.compile(step, backend="eager") if compiled else step
        found.append([float(step(X + number, Y).detach()) for number in range(4)])
        assert one.step == 4
    assert found[0] == found[1]


def test_outputs_without_an_axis_of_classes_are_refused():
    with pytest.raises(ValueError, match=r"outputs are \[8\]; wanted are \[N, C\]"):
        mixer().loss(nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)), X, Y)


@pytest.mark.parametrize("x", [(X, X[:7]), {"x": X, "mask": X[:7]}])
def test_leaves_of_unlike_rows_are_refused(x):
    with pytest.raises(ValueError, match="the leaves of x have 8, 7 rows: all must have as many"):
        mixer().loss(Two(), x, Y)
    with pytest.raises(ValueError, match="the leaves of x have 8, 7 rows"):
        mixer()(x, Y)


@pytest.mark.parametrize("weight", [torch.ones(7), torch.ones(8, 1), torch.ones(())])
def test_weights_of_another_form_are_refused(weight):
    with pytest.raises(ValueError, match=r"row_weight is \[.*\]; wanted is \[8\], one number a row"):
        mixer().loss(NET, X, Y, row_weight=weight)


@pytest.mark.parametrize("seed", [None, 1.5, "0", -1])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="allowed is a whole number"):
        Mixer("mixup", seed=seed)


def test_a_later_batch_of_another_form_is_looked_at_anew():
    one = mixer("cutmix", domain="images")
    one(torch.randn(8, 3, 6, 6), Y)
    for _ in range(2):
        with pytest.raises(ValueError, match="cutmix does not apply"):
            one(X, Y)


def test_the_place_of_the_outputs_in_a_tuple():
    class Pair(nn.Module):
        def forward(self, x):
            return NET(x), x

    assert mixer(output=0).loss(Pair(), X, Y) == mixer().loss(NET, X, Y)
    with pytest.raises(ValueError, match="the model returns a tuple with no tensor 2: say which"):
        mixer(output=2).loss(Pair(), X, Y)


def test_inputs_come_back_in_their_own_form():
    pair = namedtuple("Pair", "x mask")(X, torch.ones(8, 1))
    mixed, _ = mixer()(pair, Y)
    assert type(mixed) is type(pair)
    for given in (OrderedDict(x=X), UserDict(x=X)):
        mixed, _ = mixer()(given, Y)
        assert type(mixed) is type(given)
        assert mixed["x"] is not X
        assert given["x"] is X
    voxels = torch.randn(8, 2, 3, 4, 5).contiguous(memory_format=torch.channels_last_3d)
    assert mixer()(voxels, Y)[0].is_contiguous(memory_format=torch.channels_last_3d)
