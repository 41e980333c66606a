"""Outsiders' methods with hooks of every kind: in a matrix, paired, told apart, drawn; faults planted in each hook."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from support.paths import OUTSIDERS
from support.tasks import job_of

from mixsuite import api
from mixsuite.mixing import Mixer
from mixsuite.mixing.engine import Tail, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import Rng
from mixsuite.results.record_files import read_records
from mixsuite.testing import check, problems
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info
from mixsuite.training.loop import train

NAMES = ("own_mix", "own_objective", "three_partners", "whole_set", "teacher")
MATRIX = """
seeds = "0-1"
datasets = ["digits(rows=60)@short"]
methods = ["erm", "mixup", {files}]
[recipes.short]
model = "conv(width=4)"
optimizer = "sgd"
lr = 0.05
steps = 8
batch = 8
"""


def entry(name):
    return str(OUTSIDERS / f"{name}.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_right_ones_pass_the_kit(name):
    assert problems(check(entry(name))) == []


@pytest.mark.slow
def test_they_train_in_a_matrix_paired_with_the_suites_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.toml").write_text(MATRIX.format(files=json.dumps([entry(name) for name in NAMES])[1:-1]))
    found = api.run("m.toml", workers=1)
    assert found.complete
    (table,) = found.tasks.values()
    assert set(table["status"]) == {"ok"}
    records = read_records(tmp_path / "results" / "m").values()
    for stage in ("data", "split", "init", "order", "draws"):
        assert len({r.digests[stage] for r in records if r.seed == 0}) == 1, stage
    assert len({r.digests["weights"] for r in records if r.seed == 0}) == len(NAMES) + 2
    assert len(list((tmp_path / "results" / "m" / "gallery").glob("*.png"))) == 1
    assert set(pd.read_csv(tmp_path / "results" / "m" / "runs.csv")["method"]) == {"erm", "mixup", *NAMES}


def test_rows_from_outside_the_batch_are_what_the_loss_is_made_of():
    """A step by hand: every row of the batch, interpolated with the training row that is its neighbour."""
    job = job_of("wine", entry("whole_set"))
    feed = BatchSource(job, task_info(job))
    x, batch = feed.batch(3)
    both, seen = feed.with_more(3, x, batch)
    plan, n = feed.plan(3, seen), batch.size
    assert (len(both), seen.size, len(seen.y)) == (2 * n, n, 2 * n)
    train_x, train_y = job.data.train.x, job.data.train.y
    apart = torch.cdist(train_x[batch.rows], train_x)
    apart[torch.arange(n), batch.rows] = torch.inf
    near = apart.argsort(1)[:, :3]
    u = Rng(job.seed, job.batch, dtype=torch.float64).at(3).uniform(n, kind="neighbour")
    neighbour = near[torch.arange(n), (u * 3).long()]
    assert torch.equal(seen.rows, torch.cat([batch.rows, neighbour]))
    assert torch.equal(both[n:], train_x[neighbour])
    net = job.model.double()
    found = step_loss(job.method, Tail(net), both, seen, plan, LOSSES["class"])
    lam = plan.wy[:, None].double()
    out = net(lam * train_x[batch.rows] + (1 - lam) * train_x[neighbour])
    log_p = out.log_softmax(1)
    rows = torch.arange(n)
    own, other = -log_p[rows, train_y[batch.rows]], -log_p[rows, train_y[neighbour]]
    assert torch.allclose(found, (plan.wy * own + (1 - plan.wy) * other).mean())


def test_the_same_outside_rows_and_their_augmentation_are_the_same_for_all(tmp_path):
    other = tmp_path / "further.py"
    other.write_text((OUTSIDERS / "whole_set.py").read_text().replace("0.4", "2.0").replace("WholeSet", "Further"))
    jobs = [job_of("digits(rows=40)", name, augment="crop+flip", batch=8) for name in (entry("whole_set"), str(other))]
    seen = []
    for job in jobs:
        feed = BatchSource(job, task_info(job))
        x, batch = feed.batch(1)
        seen.append((x, *feed.with_more(1, x, batch)))
    (x, both, batch), (_, again, _) = seen
    assert torch.equal(both, again)
    assert torch.equal(both[: len(x)], x)
    assert not torch.equal(both[len(x) :], jobs[0].data.train.x[batch.rows[len(x) :]])  # augmented


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("nearest[:, 0] * 0 + 10**6", "more_rows\\(\\) must name rows in 0..\\d+, names 1000000 to 1000000"),
        ("nearest[:, 0] - 10**6", "more_rows\\(\\) must name rows in 0"),
        ("nearest[:, 0].float()", "more_rows\\(\\) must return row numbers \\[M\\] int64 or None"),
        ("nearest", "more_rows\\(\\) must return row numbers \\[M\\] int64 or None"),
        ("nearest[:3, 0]", "plan: partner must lie in 0..10"),
    ],
)
def test_numbers_of_no_rows_end_the_run_in_one_line(tmp_path, numbers, said):
    path = tmp_path / "wrong.py"
    source = (OUTSIDERS / "whole_set.py").read_text()
    path.write_text(source.replace("nearest.gather(1, draw[:, None])[:, 0]", numbers))
    with pytest.raises(ValueError, match=said):
        train(job_of("wine", str(path), batch=8))
    assert any(f.status == "problem" for f in check(str(path)))


def test_a_teacher_lags_behind_the_trained_weights():
    job = job_of("wine", entry("teacher"), steps=5)
    start = {k: v.clone() for k, v in job.model.state_dict().items()}
    seen = []
    beat = iter(range(100))

    def look():
        next(beat)
        seen.append({k: v.detach().clone() for k, v in job.model.state_dict().items()})

    feed = {}

    class Watched(BatchSource):
        def __init__(self, *args):
            super().__init__(*args)
            feed["memory"] = self.memory

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mixsuite.training.loop.BatchSource", Watched)
        object.__setattr__(job, "beat", look)
        trained = train(job)
    weights = [*seen[1:], trained.model.state_dict()]  # after each step
    for name, slow in feed["memory"].named_parameters():
        wanted = start[name]
        for after in weights:
            wanted = 0.9 * wanted + 0.1 * after[name]
        torch.testing.assert_close(slow.data, wanted)


def test_a_method_that_looks_at_a_part_that_a_model_lacks_is_skipped_with_the_reason(tmp_path, monkeypatch):
    path = tmp_path / "looks.py"
    path.write_text(
        "from mixsuite.mixing import Method, Plan, over\nfrom dataclasses import dataclass\n@dataclass(frozen=True)\n"
        "class Looks(Method):\n    part: str = 'stages.1'\n    label = 'matched'\n    stackable = mixes_alone = False\n"
        "    def plan(self, batch, rng):\n        lam = rng.beta(1, 1, len(batch.y))\n"
        "        return Plan(rng.permutation(len(batch.y)), over(lam, batch.shape), lam)\n"
        "    def objective(self, tail, state, batch, plan, loss):\n"
        "        out, seen = tail.seen(self.mix(state, plan), self.part)\n"
        "        assert list(seen) == [self.part] and seen[self.part].requires_grad\n"
        "        return loss(out, batch.y).mean()\n"
    )
    monkeypatch.chdir(tmp_path)
    files = json.dumps(["./looks.py", "./looks.py(part='blocks.3.attn')"])[1:-1]
    (tmp_path / "m.toml").write_text(MATRIX.format(files=files))
    api.run("m.toml", workers=1)
    reasons = {r.names["method"]: r.reason for r in read_records(tmp_path / "results" / "m").values() if r.reason}
    assert list(reasons) == ['looks(part="blocks.3.attn")']
    (reason,) = reasons.values()
    assert reason.startswith(
        "it looks at the submodule 'blocks.3.attn', which this model does not have (it has: stages."
    )
    assert "\n" not in reason
    found = check("./looks.py")
    assert not problems(found)
    assert any("not tried: it looks at the submodule 'stages.1'" in f.seen for f in found)


FAULTS = {
    "own_mix": [
        ("self.std * noise", "self.std * noise + 1", "shares of 1 change nothing|mixes the rows it names"),
        ("interpolate(h, plan)", "interpolate(h, plan._replace(partner=plan.partner.flip(0)))", "mixes the rows it names"),
        ("rng.normal(n, kind=\"noise\")", "__import__('torch').randn(n)", "no global generator is (read|changed)"),
        ("first.dtype)", "first.dtype).double()", "half precision"),
    ],
    "own_objective": [
        ("wy=share", "wy=1 - share", "loss weighs the rows it mixes"),
        ("wy=share", "wy=plan.wy", "loss weighs the rows it mixes"),
        ("        (gradient,)", "        h.data.mul_(2)\n        (gradient,)", "inputs are not written to"),
        ("share = mask", "float(mask.sum())\n        share = mask", "no host sync"),
        ("batch, mine, loss)", "batch, mine, loss) / 0", "objective is a number"),
    ],
    "three_partners": [
        ("reshape(n, 4,", "flip(1).reshape(n, 4,", "target follows the signal"),
        ("shares = parts / parts.sum(1, keepdim=True)", "shares = parts / 4", "plan is valid"),
        ("kind=f\"partner {k}\")", "kind=f\"partner {k}\") + 9", "plan is valid"),
        ("kind=f\"partner {k}\")", "kind=f\"partner {k}\").sort().values", "it mixes"),
    ],
    "whole_set": [
        ("n + torch.arange(n", "2 * n + torch.arange(n", "plan is valid|plans are valid"),
        ("(rng.uniform(len(nearest), kind=\"neighbour\")", "(torch.rand(len(nearest))", "same seed, same bytes|no global"),
        (", lam)\n", ", 1 - lam)\n", "target follows the signal"),
        ("[:, 0]\n", "[:, 0] * 9\n", "plans are valid|plan is valid"),
    ],
    "teacher": [
        ("batch, plan, loss)\n", "batch, plan._replace(wy=1 - plan.wy), loss)\n", "loss weighs the plan's targets"),
        ("slow.lerp_(fast, 1", "fast.lerp_(slow, 1", "the model stays"),
        ("copy.deepcopy(net)", "net", "plans are valid|memory"),
        ("        with torch.no_grad():\n            for", "        batch.memory.count = getattr(batch.memory, 'count', 0) + 1\n        with torch.no_grad():\n            for", "memory can be saved"),
    ],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"), [(name, *fault) for name, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_planted_in_a_hook_is_found(tmp_path, name, right, wrong, said):
    source = (OUTSIDERS / f"{name}.py").read_text()
    assert right in source
    path = tmp_path / f"{name}_faulty.py"
    path.write_text(source.replace(right, wrong))
    found = problems(check(str(path)))
    assert any(re.search(said, f.check) for f in found), [(f.check, f.seen) for f in found]


def test_numbers_of_rows_reach_a_mixers_method():
    with pytest.raises(
        ValueError, match="whole_set asks for rows from outside the batch, which only the suite's trainer"
    ):
        Mixer(entry("whole_set"), seed=0)
    mixer = Mixer(entry("three_partners"), seed=0)
    loss = mixer.loss(torch.nn.Linear(4, 3), torch.randn(8, 4), torch.arange(8) % 3)
    assert np.isfinite(float(loss.detach()))
