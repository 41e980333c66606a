"""Attacks with another model's gradients (Zhang et al. 2018, arXiv:1710.09412, section 3.5: "black box")."""

import copy
from dataclasses import dataclass

import torch

from mixsuite.data.state import take_rows
from mixsuite.evaluation.base import Measurement, Rows
from mixsuite.evaluation.probes.pgd import Pgd
from mixsuite.mixing import require
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.methods.erm import Erm
from mixsuite.mixing.rng import torch_seed
from mixsuite.training.job import Job
from mixsuite.training.loop import train
from mixsuite.training.predict import BATCH
from mixsuite.training.recipe import Recipe


@dataclass(frozen=True)
class BlackBox(Measurement, Pgd):
    """Test errors on rows that were disturbed to mislead another model.

    The other model has the same layers, but its own initial weights and order of batches. ERM trains it on the same
    rows. It is the same for every method of a task and seed.

    It measures:
    fgsm:  error after one step of size eps.
    ifgsm: error after ``steps`` steps from the row itself, as for pgd.
    own:   error of the other model under ifgsm: what the attack is worth.

    eps, steps, step:       as for pgd.
    train_steps, lr, batch: of the other model's training, by sgd with a linear schedule to 0.
    """

    train_steps: int = 300
    lr: float = 0.05
    batch: int = 32

    domains = ("images", "tabular")  # type: ignore[assignment]

    def __post_init__(self):
        super().__post_init__()
        require(self.start == "random", "start", self.start, "nothing else: both attacks begin at the row")
        require(self.train_steps >= 1, "train_steps", self.train_steps, ">= 1")
        require(self.lr > 0, "lr", self.lr, "> 0")
        require(self.batch >= 1, "batch", self.batch, ">= 1")

    def measure(self, model, data, rng):
        if data.kind != "class":
            return {}
        other = self.surrogate(model, data, rng)
        attacks = {
            "fgsm": (Pgd(self.eps, 1, None, "row"), model),  # one step past the ball, projected onto it
            "ifgsm": (Pgd(self.eps, self.steps, self.step, "row"), model),
            "own": (Pgd(self.eps, self.steps, self.step, "row"), other),
        }
        return {name: _error(attack, other, judge, data, rng) for name, (attack, judge) in attacks.items()}

    def surrogate(self, model, data, rng):
        """Train the other model, and return it in evaluation mode."""
        seed = torch_seed(rng.seed, "probe surrogate")
        other = copy.deepcopy(model)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for layer in other.modules():
                if hasattr(layer, "reset_parameters"):
                    layer.reset_parameters()
                elif any(True for _ in layer.parameters(recurse=False)):
                    raise TypeError(f"{type(layer).__name__} has no reset_parameters: it cannot be drawn anew")
                if isinstance(layer, torch.nn.modules.dropout._DropoutNd):
                    layer.p = 0.0  # the other model is trained without dropout
        recipe = Recipe(
            model="surrogate", optimizer="sgd", lr=self.lr, schedule="linear", steps=self.train_steps, batch=self.batch
        )
        return train(Job("surrogate", data, other, Erm(), recipe, seed)).model.eval()


def _error(attack, source, judge, data, rng):
    """The error of ``judge`` on the test rows, disturbed along the gradients of ``source``."""
    wrong, train = [], data.shown().train.x
    for chunk in torch.arange(len(data.test), device=data.test.y.device).split(BATCH):
        y = data.test.y[chunk]

        def loss(x, y=y):
            return LOSSES[data.kind](source(x), y).sum()

        rows = Rows(y, train, data.groups, data.numbers, loss, rng)
        x = attack.disturb(take_rows(data.test.x, chunk), rows)
        with torch.no_grad():
            wrong.append(judge(x).argmax(1) != y)
    return float(torch.cat(wrong).float().mean())
