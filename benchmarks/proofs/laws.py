"""What a law that changes at every step costs, against a fixed one, and whether memory grows over a long training.

    python benchmarks/proofs/laws.py --out results/reference/laws.md

Two mixups train on one task in turn: one draws lambda from Beta(0.4, 0.4), the other from Beta(0.4 + t, 0.4), t being
the share of the training that is done. The times are medians over the turns. Memory is what the process holds along one
long training of the second.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from mixsuite.domains.build import make_data, make_model
from mixsuite.experiment.build import load_parts
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_task
from mixsuite.mixing import Batch, Method, Plan, over
from mixsuite.mixing.rng import Rng
from mixsuite.training.job import Job
from mixsuite.training.loop import train
from mixsuite.training.recipe import Recipe

TASKS = ("wine(rows=60)", "digits(rows=150)")


@dataclass(frozen=True)
class Law(Method):
    """mixup from one law, or from one that changes at every step."""

    changes: bool = True
    alpha: float = 0.4

    label = "matched"

    def plan(self, batch: Batch, rng: Rng) -> Plan:
        """One lambda for each row."""
        n = len(batch.y)
        lam = rng.beta(self.alpha + (batch.step / batch.steps if self.changes else 0), self.alpha, n)
        return Plan(rng.permutation(n), over(lam, batch.shape), lam)


def job_of(entry: str, method: Method, steps: int) -> Job:
    """A training of so many steps."""
    task = resolve_task(entry, load_matrix("quick"))
    parts = load_parts(task)
    recipe = Recipe(**dict(task.recipe) | {"steps": steps, "epochs": None})
    data = make_data(parts.domain, parts.dataset, parts.dataset.load(Path()), 0)
    model = make_model(parts.model, data, 0)
    return Job(task.domain, data, model, method, recipe, 0, optimizer=parts.optimizer, schedule=parts.schedule)


def seconds(entry: str, changes: bool, steps: int) -> float:
    """The time of one training's loop."""
    return train(job_of(entry, Law(changes), steps)).seconds


def held() -> float:
    """Megabytes that the process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def memory(entry: str, steps: int) -> list[tuple[int, float]]:
    """(steps so far, megabytes held) along one training."""
    seen: list[tuple[int, float]] = []
    marks, done = {steps // 100, steps // 10, steps // 2, steps}, iter(range(1, steps + 1))

    def beat() -> None:
        step = next(done)
        if step in marks:
            seen.append((step, held()))

    train(replace(job_of(entry, Law(), steps), beat=beat))
    return seen


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--long", type=int, default=100_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    lines = [
        "# What a changing law costs\n",
        f"{given.steps:,} steps with Beta(0.4 + t, 0.4), t being the share that is done, against as many with",
        f"Beta(0.4, 0.4), one lambda a row: {given.turns} turns each, one after the other, on one core. Remade by",
        "`make proofs`.\n",
        "| task | fixed, median s | changing, median s | median ratio of a turn | the middle half of the turns |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for entry in TASKS:
        seconds(entry, True, 50)
        turns = [(seconds(entry, False, given.steps), seconds(entry, True, given.steps)) for _ in range(given.turns)]
        fixed, changing = (statistics.median(turn[place] for turn in turns) for place in (0, 1))
        ratios = statistics.quantiles([other / one for one, other in turns], n=4)
        middle = f"{ratios[0]:.2f} to {ratios[2]:.2f}"
        lines.append(f"| {entry} | {fixed:.3f} | {changing:.3f} | {ratios[1]:.3f} | {middle} |")
    lines += [
        f"\nMemory that the process holds along {given.long:,} steps with the changing law, {TASKS[0]}:\n",
        "| steps | MB |",
        "| ---: | ---: |",
        *(f"| {steps:,} | {megabytes:.0f} |" for steps, megabytes in memory(TASKS[0], given.long)),
    ]
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
