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
        for m in ("erm", "mixup", "cutmix", "manifold_mixup", "multi_mix", "regmixup", "mixupe", "puzzle_mix")
    ],
    *[("images", f"mixupe(version={version})") for version in (1, 2)],
    ("images", "mixup", {"batch": 15}),  # parts of 8 and 7 rows
    ("images", "manifold_mixup(site=hidden)", {"dropout": 0.3}),
    ("tabular", "mixup", {"dropout": 0.3}),
    *[("speech", m) for m in ("mixup", "manifold_mixup", "multi_mix")],
    *[("graphs", m) for m in ("mixup", "manifold_mixup")],
    ("gcn", "mixup"),
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


@pytest.mark.parametrize("layer", [Noise(), nn.BatchNorm1d(2), nn.RReLU()])
def test_a_net_that_draws_or_looks_at_the_batch_in_its_own_way_is_skipped(layer):
    net = Staged([nn.Sequential(nn.Linear(3, 2), layer)], {"input": 0})
    before = {name: value.clone() for name, value in net.state_dict().items()}
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    with pytest.raises(SkipRun, match="the model gives other outputs where its rows are shared by several devices"):
        check_rows_apart(net, in_two_parts(net), x)
    torch.testing.assert_close(net.state_dict(), before)
    check_rows_apart(net.stages[0][0], in_two_parts(net.stages[0][0]), x)


def test_a_layer_that_draws_without_a_twin_is_skipped():
    net = Staged([nn.Sequential(nn.Linear(3, 2), nn.AlphaDropout(0.5))], {"input": 0})
    sharing = across(net, Ranks(0, 2))
    with pytest.raises(SkipRun, match="the model's AlphaDropout draws for the rows of one device alone"):
        sharing.__enter__()


def test_rows_of_unequal_size_are_skipped(monkeypatch):
    from support.graphs import all_ragged, graph_job, graphs

    all_ragged(monkeypatch)
    job = graph_job("erm", graphs(12))
    with pytest.raises(SkipRun, match="must be of one size: "):
        check_rows_apart(job.model, job.model, take_rows(job.data.train.x, torch.arange(4)))


def test_weights_are_their_own_again_behind_it():
    net = Staged([nn.Linear(3, 2)], {"input": 0})
    with across(net, Ranks(0, 2)) as shared:
        assert [id(p) for p in shared.parameters()] == [id(p) for p in net.parameters()]
    net(torch.ones(4, 3)).sum().backward()  # would wait for the other ranks for ever
