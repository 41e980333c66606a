"""The gate on real runs: an untouched tree is the same, and planted faults are caught where they begin."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite import api
from mixsuite.domains import split
from mixsuite.domains.images.domain import Images
from mixsuite.execution import worker
from mixsuite.execution.worker import Worker
from mixsuite.mixing import method as contract
from mixsuite.mixing import rng
from mixsuite.regression.regress import compare_with_baseline
from mixsuite.training import lockstep, loop, run_log


def labels_not_mixed(patch):
    real = contract.two_term_loss
    patch.setattr(
        contract, "two_term_loss", lambda o, b, p, loss: real(o, b, p._replace(wy=torch.ones_like(p.wy)), loss)
    )


def labels_of_other_partners(patch):
    real = contract.two_term_loss
    patch.setattr(
        contract, "two_term_loss", lambda o, b, p, loss: real(o, b, p._replace(partner=p.partner.roll(1)), loss)
    )


def only_training_rows_standardised(patch):
    real = Images.encode

    def encode(self, raw, rows, train):
        x = real(self, raw, rows, train).x.clone()
        others = np.setdiff1d(np.arange(len(rows)), train)
        x[others] = torch.from_numpy(raw.x[rows][others][:, None]).float()
        return real(self, raw, rows, train)._replace(x=x)

    patch.setattr(Images, "encode", encode)


def learning_rate_times_three(patch):
    real = loop.learning_rates
    for executor in (loop, lockstep):
        patch.setattr(executor, "learning_rates", lambda *given: [3 * rate for rate in real(*given)])


def label_noise(share):
    def plant(patch):
        def noisy(dataset, raw, train, seed):
            hit = train[rng.stream(seed, "fault").permutation(len(train))[: max(1, round(share * len(train)))]]
            y = raw.y.copy()
            y[hit] = (y[hit] + 1) % 10
            return y

        patch.setattr(split, "_noisy", noisy)

    return plant


def scored_on_training_rows(patch):
    real = worker.result_of
    patch.setattr(
        worker,
        "result_of",
        lambda trained, data, _, deterministic: real(
            trained, data, worker.outputs(trained, replace(data, test=data.train)), deterministic
        ),
    )


def other_draws(patch):
    real = rng.uniforms

    def uniforms(seed, purpose, start, steps, width):
        return real(seed + 1 if purpose.startswith("draw/") else seed, purpose, start, steps, width)

    patch.setattr(rng, "uniforms", uniforms)
    patch.setattr(run_log, "uniforms", uniforms)


def last_bits(patch):
    real = loop.learning_rates
    for executor in (loop, lockstep):
        patch.setattr(executor, "learning_rates", lambda *given: [r * (1 + 1e-7) for r in real(*given)])


def two_threads(patch):
    """In one run: beside other tests it takes ten times as long."""
    real = Worker._train

    def train(self, block):
        first = block.runs[0]
        torch.set_num_threads(2 if first.seed < 1 and first.method.name == "mixup" else 1)
        try:
            return real(self, block)
        finally:
            torch.set_num_threads(1)

    patch.setattr(Worker, "_train", train)


def nothing(patch):
    pass


# Which of the two words such a change gets may turn on the last bits, and so on the processor.
NO_WORSE = ("equal within margin", "undecided")

# What is planted, the stage at which it is caught, the verdicts of erm and mixup, the exit status.
FAULTS = [
    (nothing, "", (("same",), ("same",)), 0),
    (labels_not_mixed, "weights", (("same",), ("worse",)), 1),
    (labels_of_other_partners, "weights", (("same",), ("worse",)), 1),
    (only_training_rows_standardised, "metrics", (("worse",), ("worse",)), 1),
    (label_noise(0.10), "split", (("worse",), ("worse",)), 1),
    (label_noise(0.01), "split", (NO_WORSE, NO_WORSE), 0),  # 3 labels of 300: seen by its digest alone
    (learning_rate_times_three, "weights", (NO_WORSE, NO_WORSE), 0),  # of no consequence gated
    (
        scored_on_training_rows,
        "metrics",
        (("better",), ("better",)),
        0,
    ),  # an improvement too good to be true: named, not gated
    (last_bits, "weights", (NO_WORSE[:1], NO_WORSE[:1]), 0),
    (other_draws, "draws", (NO_WORSE, NO_WORSE), 0),
]


NAMES = [
    "nothing",
    "labels",
    "partners",
    "scaling",
    "noise 10 %",
    "noise 1 %",
    "rate x 3",
    "scored on train",
    "bits",
    "draws",
]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """A baseline has none, and to draw them takes as long as half the training."""
    monkeypatch.setattr("mixsuite.plots.gallery.draw_gallery", lambda *_: {})


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "stage", "verdicts", "status"), FAULTS, ids=NAMES)
def test_a_planted_fault_is_caught_where_it_begins(plant, stage, verdicts, status, gated, trained, mixsuite):
    (gated / "baseline.csv").write_text(trained[1])
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        api.run("gated.toml")
    found = compare_with_baseline(gated / "results" / "gated", gated / "baseline.csv")
    assert [change.method for change in found.changes] == ["erm", "mixup"]
    for change, allowed in zip(found.changes, verdicts, strict=True):
        assert change.verdict in allowed
    assert found.changes[1].changed_at == stage
    assert found.status == status
    told = mixsuite("regress", "--out", "results/gated", "--baseline", "baseline.csv")
    assert told.status == status
    assert (f"  {stage}  " in told.out) == bool(stage)
    assert told.out.count("again: mixsuite run gated.toml --datasets") == sum(v != ("same",) for v in verdicts)
    if plant is nothing:  # byte for byte
        ours, theirs = (
            pd.read_csv(path).query("metric not in ['seconds', 'peak_memory']").drop(columns=["commit"])
            for path in (_accept(mixsuite, gated), gated / "baseline.csv")
        )
        pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True), check_exact=True)
        assert "no regression: 2 same" in told.out


@pytest.mark.slow
def test_another_number_of_threads_passes(gated, trained):
    """Sums may be taken in another order, so weights may differ in their last bits: never by more than the margin."""
    (gated / "baseline.csv").write_text(trained[1])
    with pytest.MonkeyPatch.context() as patch:
        two_threads(patch)
        api.run("gated.toml")
    found = compare_with_baseline(gated / "results" / "gated", gated / "baseline.csv")
    assert {change.verdict for change in found.changes} <= {"same", "equal within margin"}
    assert found.status == 0


def _accept(mixsuite, gated):
    said = mixsuite("baseline", "accept", "--out", "results/gated", "--baseline", "again.csv")
    assert "2 cells, 24 runs; there was none before" in said.out
    return gated / "again.csv"


@pytest.mark.slow
def test_a_failed_run_is_missing_with_its_reason(gated, trained, mixsuite):
    (gated / "baseline.csv").write_text(trained[1])
    real = Worker.job

    def fails(self, block, run):
        if run.seed == 3 and run.method.name == "mixup":
            raise RuntimeError("the loss is nan")
        return real(self, block, run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "job", fails)
        api.run("gated.toml")
    told = mixsuite("regress", "--out", "results/gated", "--baseline", "baseline.csv")
    assert told.status == 1
    assert "mixup: seeds 3: failed: RuntimeError: the loss is nan" in told.out
    refused = mixsuite("baseline", "accept", "--out", "results/gated")
    assert refused.status == 2
    assert "1 failed runs stand" in refused.err


@pytest.mark.slow
def test_the_loop_and_lockstep_are_equal_within_the_margin(gated, trained):
    (gated / "baseline.csv").write_text(trained[1])
    api.run("gated.toml", executor="loop")
    found = compare_with_baseline(gated / "results" / "gated", gated / "baseline.csv")
    assert {change.verdict for change in found.changes} <= {"same", "equal within margin"}
    assert {change.changed_at for change in found.changes} == {"weights"}
    assert "executor lockstep/6 -> loop/1" in found.changes[0].also_changed
    assert found.changes[0].command.endswith("--executor loop")
    assert found.status == 0


@pytest.mark.slow
def test_a_renamed_recipe_is_another_cell(gated, trained, mixsuite):
    """The recipe's name is in no run's id: records keep the old name, the folder shows the new one."""
    (gated / "baseline.csv").write_text(trained[1])
    api.run("gated.toml", out="results/gated")
    (gated / "gated.toml").write_text((gated / "gated.toml").read_text().replace("short", "brief"))
    (gated / "results" / "gated" / "matrix.toml").unlink()
    api.run("gated.toml", out="results/gated")  # nothing to train: the runs are there
    found = compare_with_baseline(gated / "results" / "gated", gated / "baseline.csv")
    assert [c.verdict for c in found.changes] == ["missing", "missing", "new", "new"]
    assert found.status == 1
    assert mixsuite("baseline", "accept", "--out", "results/gated", "--baseline", "again.csv").status == 0
