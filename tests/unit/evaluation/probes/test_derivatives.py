"""Measurements of trained models against closed forms, finite differences and slow twins."""

import copy
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import integrate
from scipy import stats as laws
from torch import nn

from mixsuite.plugins import load as plugins
from mixsuite.domains.build import make_data, make_model
from mixsuite.data.rows import Data, Subset
from mixsuite.models.base import Staged
from mixsuite.experiment.matrix import Matrix
from mixsuite.plugins.validate import check_model
from mixsuite.mixing.losses import LOSSES
from mixsuite.training.recipe import Recipe
from mixsuite.experiment.build import make_dataset, make_domain, make_probe
from mixsuite.experiment.resolve import resolve_probe, resolve_task
from mixsuite.mixing.rng import Rng
from mixsuite.evaluation.measure import measure
from mixsuite.robustness.probes.coverage import modes
from mixsuite.evaluation.probes.derivatives import derivatives, expected, moment
from mixsuite.evaluation.probes.gradient_variance import Mixed
from mixsuite.training.predict import predict

PLAIN = check_model(Matrix, {"seeds": "0", "datasets": ["wine"], "methods": ["erm"]}, "test")


def probe(text):
    return make_probe(resolve_probe(text))


def opened(entry, seed=0, **values):
    """(data, untrained model) of a task."""
    task = resolve_task(entry, PLAIN)
    domain, dataset = make_domain(task.domain), make_dataset(task)
    data = make_data(domain, dataset, dataset.load(Path()), seed)
    recipe = check_model(Recipe, dict(task.recipe) | values, "test")
    return data, make_model(domain, data, recipe, seed)


def smooth(inputs, classes, width=7, seed=0):
    """A net without kinks, float64."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, classes)
    return Staged([nn.Sequential(*layers)], {"input": 0}).double()


def some(n=40, inputs=3, classes=3, seed=0):
    draws = np.random.default_rng(seed)
    part = Subset(torch.from_numpy(draws.normal(size=(n, inputs))), torch.from_numpy(draws.integers(0, classes, n)))
    return Data(part, part, part, "class", classes)


# derivatives


def test_derivatives_are_those_of_finite_differences():
    model, data = smooth(3, 3), some()
    x, y = data.train.x[:8], data.train.y[:8]
    direction = data.train.x[8:16] - x

    def phi(a):
        return LOSSES["class"](model(x + a[:, None] * direction), y)

    step = 1e-3

    def at(times):
        return phi(torch.full((8,), times * step, dtype=torch.float64)).detach()

    central = [
        (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step),
        (-at(-2) + 16 * at(-1) - 30 * at(0) + 16 * at(1) - at(2)) / (12 * step**2),
        (-at(-2) + 2 * at(-1) - 2 * at(1) + at(2)) / (2 * step**3),
    ]
    found = derivatives(phi, 8, 3, x)
    for exact, near, tolerance in zip(found, central, (1e-9, 1e-6, 1e-4), strict=True):
        torch.testing.assert_close(exact, near, rtol=tolerance, atol=tolerance)


def test_a_derivative_that_is_nothing_is_zero():
    first, second, third = derivatives(lambda a: 3 * a, 4, 3, torch.zeros(1, dtype=torch.float64))
    assert first.tolist() == [3.0] * 4
    assert second.tolist() == third.tolist() == [0.0] * 4


def test_q_is_the_papers_formula():
    """q = (p - y)' grad f(x) (mean - x), the Jacobian written out."""
    model, data = smooth(3, 3), some(n=12)
    mean = data.train.x.mean(0)
    q = []
    for x, y in zip(data.train.x, data.train.y, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda v: model(v[None])[0], x)
        residual = model(x[None])[0].softmax(0) - nn.functional.one_hot(y, 3)
        q.append(float((residual @ (jacobian @ (mean - x))).abs().detach()))
    draws = (Rng(5, 512).at(0).uniform(30, kind="probe one") * 12).long().tolist()
    found = measure(probe("derivatives(rows=30)"), "d", model, data, "tabular", 5)["metrics"]
    assert found["q@d"] == pytest.approx(np.mean([q[i] for i in draws]), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 3.0])
def test_moments_and_means_are_those_of_the_law(alpha):
    law = laws.beta(alpha, alpha + 1)
    for k in (1, 2, 3):
        assert moment(alpha, k) == pytest.approx(law.moment(k), rel=1e-12)
    found = expected(lambda a: torch.exp(2 * a), alpha, 3, torch.zeros(1, dtype=torch.float64))
    assert float(found) == pytest.approx(law.expect(lambda a: math.exp(2 * a)), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_mixups_loss_is_the_mean_of_phi(alpha):
    """E of both terms over lambda ~ Beta(alpha, alpha) and ordered pairs is E phi(a), a ~ Beta(alpha, alpha + 1)."""
    model, data = smooth(3, 3), some(n=6)
    i, j = (v.flatten() for v in torch.meshgrid(torch.arange(6), torch.arange(6), indexing="ij"))
    x, y = data.train.x, data.train.y
    loss = LOSSES["class"]

    def two_terms(lam):
        with torch.no_grad():
            out = model(lam * x[i] + (1 - lam) * x[j])
            return float((lam * loss(out, y[i]) + (1 - lam) * loss(out, y[j])).mean())

    # t = lambda^alpha takes the pole of the density at 0 away; the law is symmetric about one half
    law = laws.beta(alpha, alpha)
    wanted, _ = integrate.quad(
        lambda t: (two_terms(t ** (1 / alpha)) + two_terms(1 - t ** (1 / alpha)))
        * law.pdf(t ** (1 / alpha)) * t ** (1 / alpha - 1) / alpha,
        1e-300, 0.5**alpha, epsabs=1e-11,
    )  # fmt: skip

    def phi(a):
        return loss(model(x[i] + a[:, None] * (x[j] - x[i])), y[i])

    assert float(expected(phi, alpha, 36, x)) == pytest.approx(wanted, rel=1e-8)


def test_three_orders_leave_a_fourth_power_of_the_line():
    """Of a net without kinks: lines half as long leave a sixteenth."""
    model, data = smooth(3, 3), some(n=8)
    x, y, direction = data.train.x, data.train.y, data.train.x.flip(0) - data.train.x
    left = []
    for size in (0.2, 0.1, 0.05):

        def phi(a, size=size):
            return LOSSES["class"](model(x + size * a[:, None] * direction), y)

        terms = [moment(1.0, k) / math.factorial(k) * s.mean() for k, s in enumerate(derivatives(phi, 8, 3, x), 1)]
        whole = expected(phi, 1.0, 8, x) - phi(x.new_zeros(8)).mean().detach()
        left.append(abs(float(whole - sum(terms))))
    assert left[0] / left[1] == pytest.approx(16, rel=0.2)
    assert left[1] / left[2] == pytest.approx(16, rel=0.1)


def test_the_probe_says_what_the_terms_leave():
    found = measure(probe("derivatives(rows=64)"), "d", smooth(3, 3), some(), "tabular", 0)["metrics"]
    terms = sum(found[f"term{k}@d"] for k in (1, 2, 3))
    assert found["left@d"] == pytest.approx(abs(found["gap@d"] - terms) / abs(found["gap@d"]), rel=1e-9)
    assert found["left_near@d"] < 1e-6


# gradient variance


def test_gradients_of_rows_are_those_of_one_at_a_time():
    data, model = opened("digits(rows=30)@digits_conv")
    mixed = Mixed(model.eval(), data)
    one, other, lam = torch.tensor([0, 3, 5]), torch.tensor([1, 2, 4]), torch.tensor([0.2, 0.5, 0.9]).double()
    rows = mixed.gradients(one, other, lam)
    for row in range(3):
        alone = mixed.gradient(one[row : row + 1], other[row : row + 1], lam[row : row + 1, None])
        torch.testing.assert_close(rows[row], alone, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(mixed.gradient(one, other, lam[:, None]), rows.mean(0), rtol=1e-9, atol=1e-12)


def test_the_variance_law_is_exact_where_everything_can_be_counted():
    """One weight, squared error, all pairs and a fine grid of lambdas: both parts of the law by enumeration."""

    class One(Staged):
        def __init__(self):
            super().__init__([nn.Linear(1, 1, bias=False)], {"input": 0})
            nn.init.constant_(self.stages[0].weight, 0.7)

    draws = np.random.default_rng(1)
    x, y = draws.normal(size=4), draws.normal(size=4)
    part = Subset(torch.from_numpy(x)[:, None], torch.from_numpy(y)[:, None])
    data = Data(part, part, part, "regression", 1)
    lam = (np.arange(2000) + 0.5) / 2000
    z = lam * x[:, None, None] + (1 - lam) * x[None, :, None]
    residual = lambda target: 2 * (0.7 * z - target) * z  # noqa: E731
    g = lam * residual(y[:, None, None]) + (1 - lam) * residual(y[None, :, None])
    between, within = g.mean(2).var(), g.var(2).mean()
    made = probe("gradient_variance(k=4, batch=8, repeats=2000, pairs=2000)")
    found = measure(made, "v", One(), data, "tabular", 0)["metrics"]
    assert found["within@v"] == pytest.approx(within / (between + within), abs=0.04)
    assert found["predicted@v"] == pytest.approx((between + within / 4) / (between + within), abs=0.04)
    assert found["many@v"] == pytest.approx((between + within / 4) / (between + within), abs=0.06)
    assert found["fresh@v"] == pytest.approx(1 / 4, abs=0.03)
    assert found["stratified@v"] < found["many@v"]
    assert found["law@v"] < 3
    assert found["law_one@v"] < 3


# black box


def test_the_other_model_is_the_same_for_every_method_and_another_for_every_seed():
    data, model = opened("digits(rows=60)@digits_conv")
    made = probe("black_box(train_steps=3)")

    def weights(net, seed):
        rng = Rng(seed, 512)
        return torch.cat([w.flatten() for w in made.surrogate(net, data, rng).state_dict().values()])

    moved = copy.deepcopy(model)
    for weight in moved.parameters():
        weight.data += 1
    assert weights(model, 0).equal(weights(moved, 0))
    assert not weights(model, 0).equal(weights(model, 1))
    assert not weights(model, 0).equal(torch.cat([w.flatten() for w in model.state_dict().values()]))


def test_an_attack_by_another_models_gradients_is_stronger_on_that_model():
    data, model = opened("digits(rows=300, test=0.6)@digits_conv")
    made = probe("black_box(train_steps=150, eps=0.3)")
    judge = made.surrogate(model, data, Rng(7, 512))
    found = measure(made, "b", judge, data, "images", 0)["metrics"]
    clean = float((predict(judge, data.test).argmax(1) != data.test.y).float().mean())
    assert clean < found["fgsm@b"] < found["own@b"]
    nothing = measure(probe("black_box(train_steps=150, eps=0.0)"), "b", judge, data, "images", 0)["metrics"]
    assert nothing["fgsm@b"] == nothing["ifgsm@b"] == pytest.approx(clean)


# the models of theory and of toys


def test_features_are_read_off_the_filters_and_errors_told_apart():
    data, model = opened("feature_noise(dims=8, rows=40, noise=0.0)", batch=40)
    with torch.no_grad():
        weight = model.stages[0].weight.zero_()  # [2 classes * 10 filters, 8]
        weight[3, 0], weight[13, 1] = 2.0, -4.0  # the common features, one filter each
        weight[5, 2] = 0.5  # the rare one of class 0; that of class 1 is not known
    found = measure(probe("features"), "f", model, data, "patches", 0)["metrics"]
    assert found["learned_common@f"] == 3.0
    assert found["learned_rare@f"] == 0.25
    assert found["common@f"] == 0.0
    rare = data.test.x[:, 0, 2:4].sum(1) > 0
    unknown = data.test.y[rare] == 1  # weak common features and nothing else decide these
    assert found["rare@f"] <= float(unknown.float().mean())
    assert 0.2 < float(rare.float().mean()) < 0.3


def test_rows_of_the_feature_noise_model_are_as_described():
    from mixsuite.domains.datasets.feature_noise import FeatureNoise

    raw = FeatureNoise(dims=50).load(Path())
    first = raw.x[:, 0]
    assert np.array_equal(first.sum(1), np.ones(len(first)))
    common = first[np.arange(len(first)), raw.y] == 1
    rare = first[np.arange(len(first)), raw.y + 2] == 1
    assert (common ^ rare).all()
    assert rare[raw.split_id == 0].mean() == pytest.approx(0.1, abs=0.02)
    assert rare[raw.split_id == 2].mean() == pytest.approx(0.25, abs=0.04)
    weak = raw.x[:, 1:3]
    assert np.allclose(weak.sum(2), 0.05)
    assert np.isin(weak.argmax(2), (0, 1)).all()
    noise = raw.x[:, 3:]
    assert noise.std() == pytest.approx(0.2, rel=0.01)
    assert abs(noise.mean()) < 0.001


@pytest.mark.parametrize(("shape", "count"), [("ring", 8), ("grid", 25)])
def test_modes_are_found_and_a_generator_that_makes_them_covers_them(shape, count):
    data, model = opened(f"gaussians:{shape}", model="gan(width=4)")
    centres = modes(data.test.x[0], 0.1)
    assert len(centres) == count

    class Choose(nn.Module):
        """Noise to a mode, by its angle; only the first ``known`` of them."""

        def __init__(self, known):
            super().__init__()
            self.known = known

        def forward(self, z):
            place = ((torch.atan2(z[:, 1], z[:, 0]) / (2 * math.pi) + 0.5) * self.known).long()
            return centres[place.clamp(max=self.known - 1)] + 0.02

    for known in (count, count // 2):
        model.stages[0].net = Choose(known)
        found = measure(probe("coverage"), "c", model, data, "points", 0)["metrics"]
        assert found["modes@c"] == pytest.approx(known / count)
        assert found["good@c"] == 1.0
        assert found["distance@c"] == pytest.approx(0.02 * math.sqrt(2), rel=1e-3)
    model.stages[0].net = nn.Sequential(nn.Linear(2, 2))
    nn.init.zeros_(model.stages[0].net[0].weight)
    nn.init.constant_(model.stages[0].net[0].bias, 5.0)
    lost = measure(probe("coverage"), "c", model, data, "points", 0)["metrics"]
    assert (lost["modes@c"], lost["good@c"]) == (0.0, 0.0)


def test_probes_with_parameters_out_of_range_are_refused():
    from mixsuite.errors import InputError

    for text in ("black_box(lr=0)", "derivatives(rows=1)", "gradient_variance(k=1)", "coverage(radius=0)"):
        with pytest.raises(InputError, match="allowed is"):
            probe(text)
    assert set(plugins.names(plugins.PROBES)) >= {"black_box", "derivatives", "gradient_variance", "coverage"}


def test_targets_that_are_no_classes_have_no_derivatives():
    data = replace(some(), kind="regression")
    assert measure(probe("derivatives"), "d", smooth(3, 3), data, "tabular", 0)["metrics"] == {}


def test_a_model_that_cannot_be_drawn_anew_is_no_victim_of_a_black_box():
    data, model = opened("titanic(rows=40)@tabular_embedded")
    found = measure(probe("black_box(train_steps=2)"), "b", model, data, "tabular", 0)
    assert found["status"] == "failed"
    assert "EmbeddedColumns has no reset_parameters" in found["reason"]
    regression = replace(some(), kind="regression")
    assert measure(probe("black_box"), "b", smooth(3, 3), regression, "tabular", 0)["metrics"] == {}


def test_dropout_of_the_model_under_attack_is_not_the_other_models():
    data, model = opened("digits(rows=60)@digits_conv", dropout=0.5)
    made = probe("black_box(train_steps=3)")
    before = torch.get_rng_state()
    one, other = (made.surrogate(model, data, Rng(0, 512)).state_dict().values() for _ in "ab")
    assert all(a.equal(b) for a, b in zip(one, other, strict=True))
    assert torch.get_rng_state().equal(before)
    assert any(layer.p == 0.5 for layer in model.modules() if isinstance(layer, nn.Dropout))
