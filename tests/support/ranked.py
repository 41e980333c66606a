"""Trainings whose rows are shared by several processes, in processes of their own."""

from dataclasses import replace

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from support.graphs import graph_job, graphs
from support.tasks import job_of
from torch import nn

from mixsuite.domains.build import make_model
from mixsuite.models.base import Model
from mixsuite.models.ranks import Ranks
from mixsuite.training import loop, predict
from mixsuite.training.job import TrainResult

TASKS = {
    "images": "digits(rows=100, test=0.6)",
    "tabular": "wine(rows=60)",
    "speech": "japanese_vowels(rows=90)",
    "graphs": "b3db(rows=60, test=0.4)",
}


class Named(nn.Module):
    """A net with a site of its own: norms without weights and momentum, and dropout of whole channels."""

    def __init__(self, classes):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm, self.drop = nn.BatchNorm2d(4, affine=False, momentum=None), nn.Dropout2d(0.3)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.each, self.last = nn.Dropout(0.3), nn.Linear(4, classes)

    def forward(self, x):
        h = self.drop(self.norm(self.first(x)).relu())
        return self.last(self.each(self.second(h).relu()).mean((2, 3)))


class NamedModel(Model):
    """The plugin of the net. Its weights are in channels-last order."""

    sites = {"hidden": "second"}

    def build(self, data):
        return Named(data.classes)


def job(entry, method, steps=30, **values):
    """A run in float64."""
    if entry == "named":
        made = job_of(TASKS["images"], method, 0, torch.float64, steps=steps, precision="float64")
        return replace(made, model=make_model(NamedModel(), made.data, 0))
    if entry == "gcn":
        return graph_job(method, graphs(30), "gcn(width=6, layers=2)", torch.float64)
    given = {"steps": steps, "precision": "float64"} | values
    return job_of(TASKS.get(entry, entry), method, 0, torch.float64, **given)


def outcome(result):
    """What a training came to, to be compared; or what ended it."""
    if not isinstance(result, TrainResult):
        return f"{type(result).__name__}: {result}"
    return {"weights": result.model.state_dict(), "curve": result.curve, "digests": result.digests}


def _train(rank, world, folder, cases, block):
    torch.set_num_threads(1)
    predict.BATCH = block
    dist.init_process_group("gloo", store=dist.FileStore(f"{folder}/met", world), rank=rank, world_size=world)
    found = []
    for make, arguments in cases:
        made = make(*arguments[0], **arguments[1])
        object.__setattr__(made, "ranks", Ranks(rank, world))
        (result,) = loop.fit([made])
        found.append(outcome(result))
    torch.save(found, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def trained(folder, cases, world=2, block=512):
    """What each of the ranks comes to: for each a list, in the order of the cases [(entry, method, values)].

    block: number of rows that are evaluated together.
    """
    made = [(job, (case[:2], case[2] if len(case) > 2 else {})) for case in cases]
    processes.spawn(_train, (world, str(folder), made, block), nprocs=world)
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(world)]


def _exchange(rank, world, folder):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", store=dist.FileStore(f"{folder}/met", world), rank=rank, world_size=world)
    ranks = Ranks(rank, world)
    x = torch.linspace(-1, 2, 7, dtype=torch.float64).requires_grad_()
    part = ranks.share(x)
    value = (ranks.gather(part.sin() * ranks.total(part.square().sum()), 7) * x).sum()
    (slope,) = torch.autograd.grad(value, x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), x)
    torch.save([ranks.gather(part, 7).detach(), value.detach(), slope.detach(), second], f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def exchanged(folder, world):
    """What each of the ranks finds: the rows, a value of them, and its first and second derivatives."""
    processes.spawn(_exchange, (world, str(folder)), nprocs=world)
    return [torch.load(folder / f"{rank}.pt") for rank in range(world)]
