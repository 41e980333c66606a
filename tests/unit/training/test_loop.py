"""The loop: a run is a function of its job; methods are paired; controls and windows do what they say."""

import itertools

import numpy as np
import pytest
import torch
from support.toys import Toy
from torch.nn import functional as F

from mixsuite.data.rows import Raw
from mixsuite.errors import InputError, SkipRun
from mixsuite.mixing.rng import Rng, batch_order
from mixsuite.training.job import Diverged, TrainResult
from mixsuite.training.loop import fit, train
from mixsuite.training.predict import predict

STAGES = ("init", "order", "draws", "plan", "weights")


METHODS = ["erm", "mixup", "mixup(alpha=0.2)", "mixup(lam=row)", "mixup(site=hidden)", "mixup(site=random)"]


def one(job):
    return train(job)


@pytest.mark.parametrize("domain", ["tabular", "images"])
@pytest.mark.parametrize("method", [*METHODS, "mixup(stop=0.5)", "mixup(batch=2)", "mixup(length=2)"])
def test_the_same_job_twice_gives_the_same_bytes(job, method, domain):
    first, again = one(job(method, domain=domain)), one(job(method, domain=domain))
    assert first.digests == again.digests
    assert first.curve == again.curve
    assert set(first.digests) == set(STAGES)


def test_methods_see_the_same_split_weights_batches_and_draws(job):
    jobs = [job(method, domain="images") for method in [*METHODS, "cutmix"]]
    runs = [one(j) for j in jobs]
    for stage in ("data", "split"):
        assert len({j.data.digests[stage] for j in jobs}) == 1
    for stage in ("init", "order", "draws"):
        assert len({r.digests[stage] for r in runs}) == 1, stage
    plans = [r.digests["plan"] for r in runs]
    assert len(set(plans)) == len(plans)
    assert len({r.digests["weights"] for r in runs}) == len(runs)


def test_another_seed_changes_every_stage(job):
    first, other = job("mixup"), job("mixup", seed=1)
    assert first.data.digests["data"] == other.data.digests["data"]
    assert first.data.digests["split"] != other.data.digests["split"]
    one_run, other_run = one(first), one(other)
    assert all(one_run.digests[s] != other_run.digests[s] for s in STAGES)


def test_a_run_touches_no_global_generator_and_depends_on_none(job):
    torch.manual_seed(1)
    np.random.seed(1)
    first = one(job("mixup", dropout=0.5)).digests
    torch.manual_seed(2)
    np.random.seed(2)
    state = torch.get_rng_state()
    assert one(job("mixup", dropout=0.5)).digests == first
    assert torch.equal(torch.get_rng_state(), state)


def test_dropout_masks_are_paired_and_change_from_step_to_step(job):
    plain, dropped = one(job("erm")), one(job("erm", dropout=0.5))
    assert plain.digests["weights"] != dropped.digests["weights"]
    # Outside its window mixup is erm, dropout included.
    assert one(job("mixup(start=1.0)", dropout=0.5)).digests["weights"] == dropped.digests["weights"]


def test_outside_its_window_a_method_is_erm(job):
    never, erm = one(job("mixup(start=1.0)")), one(job("erm"))
    assert never.digests["weights"] == erm.digests["weights"]
    half, whole = one(job("mixup(stop=0.5)")), one(job("mixup"))
    assert len({half.digests["weights"], whole.digests["weights"], erm.digests["weights"]}) == 3


def test_the_loop_is_plain_training_written_out(job):
    """An independent twin of erm and mixup: torch alone, soft targets, a learning rate by hand."""
    for method in ("erm", "mixup"):
        j = job(method, dtype=torch.float64, schedule="linear", weight_decay=0.01, precision="float64")
        twin = [w.detach().clone().requires_grad_() for w in job("erm", dtype=torch.float64).model.parameters()]
        optimizer = torch.optim.SGD(twin, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
        order = batch_order(0, len(j.data.train), 8, 12)
        rng = Rng(0, 8, dtype=torch.float64)
        for step in range(12):
            x, y = j.data.train.x[order[step]], F.one_hot(j.data.train.y[order[step]], 2).double()
            if method == "mixup":
                lam, partner = rng.at(step).beta(1.0, 1.0, 1), rng.permutation(8)
                x, y = lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner]
            h = x
            for weight, bias in (
                itertools.batched(twin, 2) if hasattr(itertools, "batched") else zip(twin[::2], twin[1::2], strict=True)
            ):
                h = F.linear(h, weight, bias)
                h = F.relu(h) if weight is not twin[-2] else h
            optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 12)
            optimizer.zero_grad()
            F.cross_entropy(h, y).backward()
            optimizer.step()
        trained = list(one(j).model.parameters())
        for mine, theirs in zip(trained, twin, strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-12, rtol=1e-10)


def test_controls_cost_what_they_say(job):
    plain, longer, larger = (one(job(m)) for m in ("mixup", "mixup(length=3)", "mixup(batch=2)"))
    assert (plain.steps, longer.steps, larger.steps) == (12, 36, 12)
    assert (plain.rows_per_step, longer.rows_per_step, larger.rows_per_step) == (8, 8, 16)
    assert plain.peak_memory > 0


def test_a_joined_batch_is_the_successive_batches(job):
    """batch=2: the rows of steps 0 and 1 of the plain run are step 0's."""
    plain, joined = batch_order(0, 40, 8, 24), batch_order(0, 40, 8, 24).reshape(12, 16)
    np.testing.assert_array_equal(joined[0], np.concatenate([plain[0], plain[1]]))
    assert one(job("erm(batch=2)")).digests["order"] != one(job("erm")).digests["order"]


def test_what_does_not_apply_is_a_skip_with_a_reason(job):
    with pytest.raises(SkipRun, match="made for images, speech, not for tabular"):
        one(job("cutmix"))
    with pytest.raises(
        SkipRun, match=r"no site 'wave' here \(this task has: input, hidden, embedding; say which, site=...\)"
    ):
        one(job("mixup(site=wave)"))


def test_a_batch_larger_than_the_training_part_is_refused(job):
    with pytest.raises(InputError, match="batch=64: the task has"):
        one(job("erm", batch=64))


def test_a_run_that_diverges_says_so(job):
    with pytest.raises(Diverged, match=r"loss|weights"):
        one(job("erm", lr=1e30, momentum=0.0))


def test_soft_multi_label_and_weighted_targets_train(job):
    raw = Toy().load(None)
    soft = np.stack([1 - raw.y, raw.y], 1) * 0.8 + 0.1
    fitted = one(job("mixup", raw=Raw(raw.x, soft), steps=80))
    assert fitted.curve[-1]["loss"] < fitted.curve[0]["loss"]

    class Labels(Toy):
        kind = "multilabel"

    both = Raw(raw.x, np.stack([raw.y, 1 - raw.y], 1))
    fitted = one(job("mixup", dataset=Labels(), raw=both, steps=80))
    assert fitted.curve[-1]["loss"] < fitted.curve[0]["loss"]

    # Rows of weight zero are as if they were not there: only class 0 is ever predicted.
    weighted = Raw(raw.x, raw.y, weight=(raw.y == 0).astype(float))
    j = job("erm", raw=weighted, steps=80)
    assert predict(one(j).model, j.data.test).argmax(1).eq(0).all()


def test_augmentation_is_paired_between_methods_and_changes_the_run(job):
    plain, flipped = one(job("erm", domain="images")), one(job("erm", domain="images", augment="flip"))
    assert plain.digests["weights"] != flipped.digests["weights"]
    assert plain.digests["order"] == flipped.digests["order"]
    assert (
        one(job("mixup(start=1.0)", domain="images", augment="flip")).digests["weights"] == flipped.digests["weights"]
    )


def test_batch_norm_statistics_follow_the_mixed_rows(job):
    mixed, clean = one(job("mixup", domain="images")).model, one(job("erm", domain="images")).model
    assert int(mixed.stages[0][2].num_batches_tracked) == 12  # one forward pass a step, none from looking at shapes
    assert not torch.equal(mixed.stages[0][2].running_var, clean.stages[0][2].running_var)


def test_a_plan_that_goes_wrong_on_the_way_fails_the_run(job, tmp_path):
    """Only the first plans are checked one by one: the shares of all are, many steps at once."""
    for wrong, said in (
        ("lam + 3 * (batch.progress > 0.9)", "is .* to"),
        ("lam / (batch.progress < 0.9)", "is inf to inf|has NaN"),
    ):
        path = tmp_path / f"late{len(said)}.py"
        path.write_text(
            "from dataclasses import dataclass\nfrom mixsuite.mixing import Method, Plan, over\n@dataclass(frozen=True)\n"
            "class Late(Method):\n    def plan(self, batch, rng):\n        n = len(batch.y)\n"
            f"        lam = rng.beta(1, 1, n)\n        return Plan(rng.permutation(n), over(lam, batch.shape), {wrong})\n"
        )
        with pytest.raises(ValueError, match=f"plan: wy must lie in .0, 1., ({said}).* steps up to step"):
            train(job(str(path), steps=100))


def test_what_ends_one_job_costs_no_other(job):
    jobs = [job("erm"), job("cutmix"), job("erm", batch=64), job("erm", lr=1e30, momentum=0.0), job("mixup")]
    found = fit(jobs)
    assert [type(one) for one in found] == [TrainResult, SkipRun, InputError, Diverged, TrainResult]
    assert found[4].digests == one(job("mixup")).digests
    assert found[0].executor == {"kind": "loop", "block": 1}


def test_half_precision_learns(job):
    """Autocast keeps the weights that it cast: entered once for all steps, each step would meet the first weights."""
    half, full = (train(job("erm", precision=precision, steps=60, lr=0.1)) for precision in ("bf16", "float32"))
    assert half.digests["weights"] != full.digests["weights"]
    assert half.curve[-1]["loss"] < half.curve[0]["loss"] - 0.1
    assert half.curve[-1]["loss"] == pytest.approx(full.curve[-1]["loss"], abs=0.05)
