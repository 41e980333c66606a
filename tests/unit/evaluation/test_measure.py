"""Probes against hand-made twins: attacks on a known model, corruptions by brute force, real rows in each domain."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mixsuite.plugins import load as plugins
from mixsuite.domains.build import make_data, make_model
from mixsuite.data.rows import Data, Subset
from mixsuite.models.graphs.ragged import RaggedGraphs
from mixsuite.plugins.validate import check_model
from mixsuite.experiment.matrix import load_matrix
from mixsuite.training.recipe import Recipe
from mixsuite.experiment.build import make_dataset, make_domain, make_probe
from mixsuite.experiment.resolve import resolve_probe, resolve_task
from mixsuite.mixing.rng import Rng
from mixsuite.evaluation.base import Measurement, Rows, spread
from mixsuite.evaluation.measure import measure

ENTRIES = {
    "images": "digits(rows=100)",
    "tabular": "titanic(rows=100)",
    "speech": "japanese_vowels(rows=100)",
    "graphs": "mutag(rows=60)",
}


@pytest.fixture(scope="module")
def opened():
    """domain -> (data, untrained model) on real rows."""
    found = {}
    for name, entry in ENTRIES.items():
        task = resolve_task(entry, load_matrix("quick"))
        domain, dataset = make_domain(name), make_dataset(task)
        data = make_data(domain, dataset, dataset.load(None), seed=0)
        recipe = check_model(Recipe, dict(task.recipe), "test")
        found[name] = data, make_model(domain, data, recipe, seed=0)
    return found


def probe(text):
    return make_probe(resolve_probe(text))


def linear(weight):
    """Rows whose loss is the sum of weight * x: its gradient is the weight everywhere."""
    return lambda x: ((x[0] if isinstance(x, tuple) else x) * weight).sum()


def rows(train, loss=None, data=None, seed=0):
    groups, numbers = (data.groups, data.numbers) if data else ((), ())
    return Rows(None, train, groups, numbers, loss, Rng(seed, 512))


def test_fgsm_steps_up_the_gradient_within_the_training_range():
    x = torch.tensor([[0.0, 0.0, 0.95, 3.0]])
    train = torch.tensor([[-1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, 1.0]])
    moved = probe("fgsm(eps=0.1)").disturb(x, rows(train, linear(torch.tensor([2.0, -5.0, 1.0, 1.0]))))
    # Up, down, up to the range's end, and a value that is outside the range already stays.
    assert torch.allclose(moved, torch.tensor([[0.1, -0.1, 1.0, 3.0]]))


def test_pgd_goes_to_the_edge_of_the_ball_and_no_further():
    x, train = torch.zeros(3, 2), torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    weight = torch.tensor([2.0, -5.0])
    for start in ("random", "row"):
        moved = probe(f"pgd(eps=0.2, start={start})").disturb(x, rows(train, linear(weight)))
        assert torch.allclose(moved, torch.tensor([[0.2, -0.2]]).expand(3, 2))
    one = probe("pgd(eps=0.2, steps=1, step=0.05, start=row)").disturb(x, rows(train, linear(weight)))
    assert torch.allclose(one, torch.tensor([[0.05, -0.05]]).expand(3, 2))


@pytest.mark.parametrize("domain", ["images", "tabular", "speech"])
def test_attacks_raise_the_loss_of_a_real_net_pgd_the_most(opened, domain):
    data, model = opened[domain]
    found = {
        text: measure(probe(text), "p", model, data, domain, 0)["metrics"]["nll@p"]
        for text in ("noise(std=0)", "fgsm(eps=0.05)", "pgd(eps=0.05, start=row)")
    }
    clean, fgsm, pgd = found.values()
    assert clean < fgsm
    assert pgd >= fgsm - 1e-4


def test_attacks_and_noise_leave_padding_and_categories_alone(opened):
    data, _ = opened["tabular"]
    for text in ("fgsm(eps=0.1)", "pgd(eps=0.1)", "noise"):
        groups = np.array(data.groups)
        alone = np.array([(groups == g).sum() == 1 for g in groups])
        moved = probe(text).disturb(data.test.x, rows(data.train.x, linear(torch.ones(len(groups))), data))
        change = (moved != data.test.x).any(0).numpy()
        assert not change[~alone].any()
        assert change[alone].all()
        assert (~alone).any()
    data, _ = opened["speech"]
    clip, mask = data.test.x
    for text in ("fgsm(eps=0.1)", "noise", "time_shift(share=0.3)"):
        moved, same = probe(text).disturb((clip, mask), rows(data.train.x, linear(torch.ones(1))))
        assert (moved * (1 - mask) == 0).all()
        assert torch.equal(same, mask)
        assert not torch.equal(moved, clip)


def test_noise_is_in_units_of_the_training_parts_channels(opened):
    train = torch.randn(400, 3, 8, 8) * torch.tensor([1.0, 5.0, 0.1])[None, :, None, None]
    assert torch.allclose(spread(train)[0, :, 0, 0], train.std((0, 2, 3), correction=0))
    x = torch.zeros(200, 3, 8, 8)
    added = probe("noise(std=0.5)").disturb(x, rows(train))
    assert torch.allclose(added.std((0, 2, 3)), 0.5 * train.std((0, 2, 3)), rtol=0.03)
    # A clip's padding is no part of its channel's spread.
    clip = torch.tensor([[[1.0, 3.0, 0.0, 0.0]]])
    assert float(spread((clip, torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])))) == 1.0


def test_contrast_and_blur():
    x = torch.arange(2 * 3 * 5 * 5, dtype=torch.float32).reshape(2, 3, 5, 5)
    half = probe("contrast(factor=0.5)").disturb(x, rows(x))
    assert torch.allclose(half.mean((2, 3)), x.mean((2, 3)))
    assert torch.allclose(half.std((2, 3)), 0.5 * x.std((2, 3)))
    assert torch.allclose(probe("blur(sigma=0)").disturb(x, rows(x)), x)
    point = torch.zeros(1, 2, 9, 9)
    point[0, 0, 4, 4] = 1
    soft = probe("blur(sigma=1)").disturb(point, rows(point))
    bell = torch.exp(-0.5 * torch.arange(-4.0, 5) ** 2)
    assert torch.allclose(soft[0, 0], torch.outer(bell, bell) / bell.sum() ** 2, atol=1e-3)
    assert (soft[0, 1] == 0).all()  # channels and rows do not run into each other


def test_a_shifted_clip_is_the_clip_moved_and_filled_with_zeros():
    clip = torch.arange(1.0, 11).reshape(1, 1, 10).repeat(64, 2, 1)
    mask = torch.ones(64, 1, 10)
    clip[32:, :, 6:], mask[32:, :, 6:] = 0, 0
    moved, _ = probe("time_shift(share=0.5)").disturb((clip, mask), rows((clip, mask)))
    seen = set()
    for before, after, m in zip(clip[:, 0].tolist(), moved[:, 0].tolist(), mask[:, 0].tolist(), strict=True):
        length = int(sum(m))
        known, reach = before[:length], length // 2
        twins = {
            k: ([0.0] * k + known)[:length] if k >= 0 else (known[-k:] + [0.0] * -k)[:length]
            for k in range(-reach, reach + 1)
        }
        (shift,) = (k for k, twin in twins.items() if after[:length] == twin)
        seen.add(shift)
    assert {-5, -3, 0, 3, 5} <= seen


def test_missing_values_become_the_training_median_or_no_category(opened):
    data, _ = opened["tabular"]
    groups = np.array(data.groups)
    moved = probe("missing(share=0.3)").disturb(data.test.x, rows(data.train.x, data=data))
    everything = probe("missing(share=1.0)").disturb(data.test.x, rows(data.train.x, data=data))
    for g in np.unique(groups):
        columns = np.flatnonzero(groups == g)
        lost = everything[:, columns]
        number = data.numbers[columns[0]]
        median = np.median(data.train.x[:, columns].numpy(), axis=0) if number else np.zeros(len(columns))
        assert np.allclose(lost.numpy(), median, atol=1e-6)
        changed = (moved[:, columns] != data.test.x[:, columns]).any(1)
        assert torch.equal(moved[changed][:, columns], lost[changed])
    assert torch.equal(probe("missing(share=0.0)").disturb(data.test.x, rows(data.train.x, data=data)), data.test.x)


def ragged(adjacency):
    """Dense graphs [N, V, V], every node real, as ragged ones with the node's number as its feature."""
    n, v, _ = adjacency.shape
    places = adjacency.nonzero()
    edges = (places[:, 1:] + places[:, :1] * v).T
    ties = torch.cat([torch.zeros(1, dtype=torch.int64), adjacency.sum((1, 2)).long().cumsum(0)])
    return RaggedGraphs(torch.arange(n * v)[:, None].float(), edges, torch.arange(n + 1) * v, ties)


@pytest.mark.parametrize("kind", ["dense", "ragged"])
def test_edges_are_dropped_in_both_directions(kind):
    draws = torch.Generator().manual_seed(0)
    upper = (torch.rand(40, 12, 12, generator=draws) < 0.4).float().triu(1)
    adjacency = upper + upper.transpose(1, 2)

    def drop(text):
        if kind == "dense":
            nodes = torch.ones(40, 12, 1)
            return probe(text).disturb((nodes, adjacency, nodes), rows(None))[1]
        graphs = probe(text).disturb(ragged(adjacency), rows(None))
        back = torch.zeros_like(adjacency)
        for g in range(40):
            own = graphs.edges[:, graphs.ties[g] : graphs.ties[g + 1]] - 12 * g
            back[g, own[0], own[1]] = 1
        return back

    left = drop("drop_edges(share=0.25)")
    assert torch.equal(left, left.transpose(1, 2))
    assert (left <= adjacency).all()
    assert float(left.sum() / adjacency.sum()) == pytest.approx(0.75, abs=0.03)
    assert torch.equal(drop("drop_edges(share=0.0)"), adjacency)
    assert drop("drop_edges(share=1.0)").sum() == 0


SHORT = {"gradient_variance": "(repeats=10, pairs=10)", "black_box": "(train_steps=5)"}


def test_every_probe_runs_in_its_domains_and_says_so_elsewhere(opened):
    for name in plugins.names(plugins.PROBES):
        made = probe(name + SHORT.get(name, ""))
        for domain, (data, model) in opened.items():
            found = measure(made, name, model, data, domain, 0)
            applies = not made.domains or domain in made.domains
            if isinstance(made, Measurement) and applies:
                assert (found["status"], found["reason"]) == ("ok", "")
                assert all(key.endswith(f"@{name}") for key in found["metrics"])
                assert found["metrics"]
            elif applies:
                assert (found["status"], found["reason"]) == ("ok", "")
                assert set(found["metrics"]) == {f"error@{name}", f"nll@{name}"}
            else:
                assert (found["status"], found["metrics"]) == ("skipped", {})
                assert found["reason"].startswith("made for ")


def test_a_probe_changes_neither_the_rows_nor_the_model_nor_its_mode(opened):
    data, model = opened["images"]
    before, weights = data.test.x.clone(), [w.clone() for w in model.state_dict().values()]
    for name in ("fgsm", "pgd", "noise", "blur", "contrast", "memorised", "between", *SHORT, "derivatives"):
        model.train()
        again = [
            measure(probe(name + SHORT.get(name, "")), name, model, data, "images", 3)["metrics"] for _ in range(2)
        ]
        assert again[0] == again[1]
        assert model.training
    assert torch.equal(data.test.x, before)
    assert all(torch.equal(a, b) for a, b in zip(weights, model.state_dict().values(), strict=True))
    assert all(w.grad is None for w in model.parameters())


def test_draws_are_the_same_for_every_model_and_differ_by_seed(opened):
    data, _ = opened["images"]
    a, b, c = (probe("noise").disturb(data.test.x, rows(data.train.x, seed=s)) for s in (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_a_probe_that_raises_or_is_no_number_has_a_reason(opened, tmp_path):
    data, model = opened["images"]
    text = "from dataclasses import dataclass\nfrom mixsuite.robustness import Probe\n@dataclass(frozen=True)\nclass Bad(Probe):\n    def disturb(self, x, rows):\n        {}\n"
    for body, said in (
        ("raise ValueError('of no use')", "ValueError: of no use"),
        ("return x * float('nan')", "FloatingPointError: outputs of 539 of 539 rows are infinite or NaN"),
    ):
        path = tmp_path / f"bad{len(body)}.py"
        path.write_text(text.format(body))
        found = measure(probe(str(path)), "bad", model, data, "images", 0)
        assert (found["status"], found["metrics"]) == ("failed", {})
        assert found["reason"].startswith(said)


class Told(torch.nn.Module):
    """A model that says what it is told for each row of one number."""

    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def forward(self, x, start=0, stop=None):
        return torch.nn.functional.one_hot(self.classes[x[:, 0].round().long()], 3).float() + 0 * x


def line(n, y, clean):
    x = torch.arange(n, dtype=torch.float32)[:, None].expand(n, 3).clone()
    part = Subset(x, torch.tensor(y))
    return Data(part, part, part, "class", 3, clean_labels=torch.tensor(clean))


def test_memorised_tells_kept_labels_from_corrupted_ones():
    """Six rows, of which the last three bear another label than their own."""
    data = line(6, [0, 1, 2, 0, 1, 2], [0, 1, 2, 1, 2, 0])
    told = Told(torch.tensor([0, 1, 0, 0, 2, 2]))  # wrong on row 2; of the corrupted ones it has learned two
    found = measure(probe("memorised"), "m", told, data, "tabular", 0)["metrics"]
    assert found == pytest.approx({"train@m": 2 / 6, "true@m": 1 / 3, "corrupted@m": 1 / 3})
    clean = line(3, [0, 1, 2], [0, 1, 2])
    assert set(measure(probe("memorised"), "m", told, clean, "tabular", 0)["metrics"]) == {"train@m"}


def test_label_noise_is_what_clean_labels_show():
    task = resolve_task("digits(rows=300, test=0.6, label_noise=0.5)", load_matrix("quick"))
    domain, dataset = make_domain("images"), make_dataset(task)
    data = make_data(domain, dataset, dataset.load(None), seed=3)
    assert float((data.clean_labels != data.train.y).float().mean()) == pytest.approx(0.45, abs=0.06)
    noiseless = make_dataset(resolve_task("digits(rows=300, test=0.6)", load_matrix("quick")))
    again = make_data(domain, noiseless, noiseless.load(None), seed=3)
    assert torch.equal(again.train.y, data.clean_labels)
    assert torch.equal(again.clean_labels, again.train.y)


def test_between_counts_points_that_are_neither_and_the_slope():
    """Two rows at 0 and 2 of classes 0 and 1; from 0.5 to 1.5 the model says 2."""
    data = line(3, [0, 2, 1], [0, 2, 1])
    data = replace(data, train=Subset(data.train.x[[0, 2]], torch.tensor([0, 1])))
    found = measure(probe("between(pairs=64, points=8)"), "b", Told(torch.tensor([0, 2, 1])), data, "tabular", 0)
    assert found["metrics"]["misses@b"] == pytest.approx(0.5)
    assert found["metrics"]["gradient@b"] == 0.0

    class Line(torch.nn.Module):
        def forward(self, x, start=0, stop=None):
            return torch.stack([0 * x[:, 0], 3 * x[:, 0], 0 * x[:, 0] - 50], 1)

    x = 2 * (torch.arange(8) + 0.5) / 8
    slope = (3 * (torch.sigmoid(3 * x) - x / 2)).abs().mean()
    found = measure(probe("between(pairs=64, points=8)"), "b", Line(), data, "tabular", 0)
    assert found["metrics"]["gradient@b"] == pytest.approx(float(slope), rel=1e-5)
