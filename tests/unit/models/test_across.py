"""Runs whose rows two processes share, against one process with the same batches."""

import pytest
import torch
from support.ranked import job, outcome, trained
from torch import nn

from mixsuite.data.state import take_rows
from mixsuite.errors import SkipRun
from mixsuite.models.across import across, check_rows_apart
from mixsuite.models.base import Staged
from mixsuite.models.ranks import Ranks
from mixsuite.training import loop

pytestmark = pytest.mark.slow

CASES = [
    *[
        ("images", m)
        for m in (
            "erm",
            "mixup",
            "cutmix",
            "manifold_mixup",
            "multi_mix",
            "regmixup",
            "mixupe(version=3)",
            "puzzle_mix",
        )
    ],
    *[("images", f"mixupe(version={version})") for version in (1, 2)],
    ("images", "mixup", {"batch": 15}),  # parts of 8 and 7 rows
    ("images", "manifold_mixup(site=hidden)", {"dropout": 0.3}),
    ("tabular", "mixup", {"dropout": 0.3}),
    *[("speech", m) for m in ("mixup", "manifold_mixup", "multi_mix")],
    *[("graphs", m) for m in ("mixup", "manifold_mixup")],
    ("gcn", "mixup"),
    *[("named", m) for m in ("erm", "manifold_mixup(site=hidden)", "manifold_mixup(site=random)", "cutmix")],
    ("speech", "mixup", {"select": "best_validation"}),
    ("images", "mixup", {"select": "best_validation"}),
]


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("ranks"), CASES)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case) for case in CASES])
def test_two_processes_come_to_what_one_comes_to(ranks, number):
    entry, method, *values = CASES[number]
    (alone,) = loop.fit([job(entry, method, **(values[0] if values else {}))])
    alone, (one, other) = outcome(alone), (found[number] for found in ranks)
    assert isinstance(alone, dict) and isinstance(one, dict), (alone, one)
    for name, value in alone["weights"].items():
        torch.testing.assert_close(one["weights"][name], value, rtol=0, atol=1e-9, msg=name)
        assert torch.equal(one["weights"][name], other["weights"][name])
    same = ("init", "order", "draws", "plan")
    assert {k: one["digests"][k] for k in same} == {k: alone["digests"][k] for k in same}
    assert [p["loss"] for p in one["curve"]] == pytest.approx([p["loss"] for p in alone["curve"]], rel=1e-5)


def test_three_processes_come_to_what_one_comes_to_and_few_rows_are_evaluated_by_each(tmp_path):
    """Batches of 8 are parts of 3, 3 and 2 rows; of the last block of validation rows each has all."""
    case = ("tabular", "manifold_mixup", {"select": "best_validation", "batch": 8, "dropout": 0.2})
    alone = outcome(loop.fit([job(*case[:2], **case[2])])[0])
    found = trained(tmp_path, [case], world=3, block=13)
    for (one,) in found:
        for name, value in alone["weights"].items():
            torch.testing.assert_close(one["weights"][name], value, rtol=0, atol=1e-9, msg=name)


def test_fewer_rows_than_ranks_are_skipped_in_training_and_evaluated_by_each():
    net = Staged([nn.Linear(3, 2)], {"input": 0})
    shared = across(net, Ranks(0, 2))
    with pytest.raises(SkipRun, match="it is called with 1 of them, and there are 2 devices"):
        shared.train()(torch.ones(1, 3))
    assert torch.equal(shared.eval()(torch.ones(1, 3)), net.eval()(torch.ones(1, 3)))


class Noise(nn.Module):
    """Adds what it draws itself."""

    def forward(self, x):
        return x + torch.randn_like(x) * self.training


def in_two_parts(net):
    """A net that is called for each half of the rows, as two ranks call it."""

    class Parts(nn.Module):
        def forward(self, x):
            found = []
            for part in x.chunk(2):
                torch.manual_seed(0)  # as each rank begins
                found.append(net(part))
            return torch.cat(found)

    return Parts()


class Counting(nn.Module):
    """Counts its rows in a buffer, as a running statistic of one's own does."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        self.seen += x.square().mean()
        return x


@pytest.mark.parametrize("layer", [Noise(), nn.BatchNorm1d(2), nn.RReLU(), Counting()])
def test_a_net_that_draws_or_looks_at_the_batch_in_its_own_way_is_skipped(layer):
    torch.manual_seed(0)
    net = Staged([nn.Sequential(nn.Linear(3, 2), layer)], {"input": 0})
    before = {name: value.clone() for name, value in net.state_dict().items()}
    x = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    with pytest.raises(SkipRun, match="the model does something else where its rows are shared by several devices"):
        check_rows_apart(net, in_two_parts(net), x)
    torch.testing.assert_close(net.state_dict(), before)
    check_rows_apart(net.stages[0][0], in_two_parts(net.stages[0][0]), x)
    with pytest.raises(SkipRun, match="does something else"):  # on another rank
        check_rows_apart(net.stages[0][0], in_two_parts(net.stages[0][0]), x, lambda here: True)


class OwnNorm(nn.BatchNorm1d):
    """A norm whose statistics are its own matter."""

    def forward(self, x):
        return super().forward(x) * 2


class Named(nn.Module):
    """A net whose submodules are sites, one within the other."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))

    def forward(self, x):
        return self.body(x)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.AlphaDropout(0.5), "its AlphaDropout draws for the rows of one device alone"),
        (nn.MultiheadAttention(2, 1, dropout=0.1), "its MultiheadAttention draws for the rows of one device alone"),
        (OwnNorm(2), "its OwnNorm looks at the whole batch in a way of its own"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "shared by several devices: .*Error"),
    ],
)
def test_what_has_no_twin_is_skipped(layer, said):
    with pytest.raises(SkipRun, match=f"the model's rows cannot be shared by several devices: {said}|{said}"):
        across(Staged([nn.Sequential(nn.Linear(3, 2), layer)], {"input": 0}), Ranks(0, 2))


def test_a_site_within_a_site_is_skipped_where_both_are_used():
    net = Staged([Named()], {"input": 0}, inner={"outer": "stages.0.body", "inner": "stages.0.body.1"})
    with pytest.raises(SkipRun, match="site 'outer' has another one within it"):
        across(net, Ranks(0, 2), ["outer", "inner"])
    assert across(net, Ranks(0, 2), ["inner"]).inner["inner"] == "stages.0.body.1.met"


def test_a_net_that_fails_once_it_is_taken_apart_is_skipped():
    class Peeks(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 2)

        def forward(self, x):
            return self.first(x) * self.first.weight.sum()

    net = Staged([Peeks()], {"input": 0}, inner={"hidden": "stages.0.first"})
    shared = across(net, Ranks(0, 2), ["hidden"])
    with pytest.raises(SkipRun, match="cannot be shared by several devices: "):
        check_rows_apart(net, shared, torch.ones(4, 3))


def test_rows_of_unequal_size_are_skipped(monkeypatch):
    from support.graphs import all_ragged, graph_job, graphs

    all_ragged(monkeypatch)
    job = graph_job("erm", graphs(12))
    with pytest.raises(SkipRun, match="must be of one size: "):
        check_rows_apart(job.model, job.model, take_rows(job.data.train.x, torch.arange(4)))
