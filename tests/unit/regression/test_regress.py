"""The gate on real runs: an untouched tree is the same, planted faults are caught where they begin, and bad input is said."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite.mixing import rng
from mixsuite.execution import runner, execute as worker
from mixsuite.domains import split
from mixsuite.domains.images.domain import Images
from mixsuite.errors import InputError
from mixsuite.mixing import method as contract
from mixsuite.regression.baseline import load_baseline
from mixsuite.regression.regress import as_dict, as_text, regress
from mixsuite.training import lockstep, run_log as log, loop


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
        patch.setattr(executor, "learning_rates", lambda recipe, steps: [3 * rate for rate in real(recipe, steps)])


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
    real = worker._outcome
    patch.setattr(
        worker, "_outcome", lambda order, run, data, fitted: real(order, run, replace(data, test=data.train), fitted)
    )


def other_draws(patch):
    real = rng.uniforms

    def uniforms(seed, purpose, start, steps, width):
        return real(seed + 1 if purpose.startswith("draw/") else seed, purpose, start, steps, width)

    patch.setattr(rng, "uniforms", uniforms)
    patch.setattr(log, "uniforms", uniforms)


def last_bits(patch):
    real = loop.learning_rates
    for executor in (loop, lockstep):
        patch.setattr(executor, "learning_rates", lambda recipe, steps: [r * (1 + 1e-7) for r in real(recipe, steps)])


def two_threads(patch):
    """In one run: beside other tests it takes ten times as long."""
    real = worker.Bench._run

    def run(self, order):
        first = order.specs[0]
        torch.set_num_threads(2 if first.seed < 1 and first.method.name == "mixup" else 1)
        try:
            return real(self, order)
        finally:
            torch.set_num_threads(1)

    patch.setattr(worker.Bench, "_run", run)


def nothing(patch):
    pass


# What is planted, the stage at which it is caught, the verdicts of erm and mixup, the exit status.
FAULTS = [
    (nothing, "", ("same", "same"), 0),
    (labels_not_mixed, "weights", ("same", "worse"), 1),
    (labels_of_other_partners, "weights", ("same", "worse"), 1),
    (only_training_rows_standardised, "metrics", ("worse", "worse"), 1),
    (label_noise(0.10), "split", ("worse", "worse"), 1),
    (label_noise(0.01), "split", ("undecided", "undecided"), 0),  # 3 labels of 300: seen by its digest alone
    (learning_rate_times_three, "weights", ("undecided", "undecided"), 0),  # of no consequence here
    (
        scored_on_training_rows,
        "metrics",
        ("better", "better"),
        0,
    ),  # an improvement too good to be true: named, not gated
    (last_bits, "weights", ("equal within margin", "equal within margin"), 0),
    (other_draws, "draws", ("equal within margin", "undecided"), 0),
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


@pytest.mark.parametrize(("plant", "stage", "verdicts", "status"), FAULTS, ids=NAMES)
def test_a_planted_fault_is_caught_where_it_begins(
    plant, stage, verdicts, status, here, accepted, monkeypatch, mixsuite
):
    (here / "baseline.csv").write_text(accepted[1])
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        runner.run("gated.toml")
    found = regress(here / "results" / "gated", here / "baseline.csv")
    assert [change.method for change in found.changes] == ["erm", "mixup"]
    assert tuple(change.verdict for change in found.changes) == verdicts
    assert found.changes[1].changed_at == stage
    assert found.status == status
    told = mixsuite("regress", "--out", "results/gated", "--baseline", "baseline.csv")
    assert told.status == status
    assert (f"  {stage}  " in told.out) == bool(stage)
    assert told.out.count("again: mixsuite run gated.toml --datasets") == sum(v != "same" for v in verdicts)
    if plant is nothing:  # byte for byte
        ours, theirs = (
            pd.read_csv(path).query("metric not in ['seconds', 'peak_memory']").drop(columns=["commit"])
            for path in (_accept(mixsuite, here), here / "baseline.csv")
        )
        pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True), check_exact=True)
        assert "no regression: 2 same" in told.out


def test_another_number_of_threads_passes(here, accepted):
    """Sums may be taken in another order, so weights may differ in their last bits: never by more than the margin."""
    (here / "baseline.csv").write_text(accepted[1])
    with pytest.MonkeyPatch.context() as patch:
        two_threads(patch)
        runner.run("gated.toml")
    found = regress(here / "results" / "gated", here / "baseline.csv")
    assert {change.verdict for change in found.changes} <= {"same", "equal within margin"}
    assert found.status == 0


def _accept(mixsuite, here):
    said = mixsuite("baseline", "accept", "--out", "results/gated", "--baseline", "again.csv")
    assert "2 cells, 24 runs; there was none before" in said.out
    return here / "again.csv"


@pytest.fixture
def changed(accepted, tmp_path, monkeypatch):
    """The accepted results against a baseline that was edited: change(frame) -> what is said."""
    monkeypatch.chdir(tmp_path)
    out, text = accepted

    def compare(edit):
        (tmp_path / "b.csv").write_text(text)
        frame = pd.read_csv(tmp_path / "b.csv", dtype=str, keep_default_na=False)
        edited = edit(frame)
        (frame if edited is None else edited).to_csv(tmp_path / "b.csv", index=False)
        return regress(out, tmp_path / "b.csv")

    return compare


def shift(frame, by, method="mixup", metric="error"):
    rows = (frame["method"] == method) & (frame["metric"] == metric)
    frame.loc[rows, "value"] = (frame.loc[rows, "value"].astype(float) + by).astype(str)
    frame.loc[frame["method"] == method, "digest_weights"] = "0"


@pytest.mark.parametrize(
    ("by", "verdict", "status"),
    [(0.05, "better", 0), (-0.05, "worse", 1), (0.009, "equal within margin", 0), (-0.009, "equal within margin", 0)],
)
def test_lower_is_better_and_the_margin_is_0_01_error(changed, by, verdict, status):
    found = changed(lambda frame: shift(frame, by))
    (erm, mixup) = found.changes
    assert (erm.verdict, mixup.verdict, mixup.changed_at) == ("same", verdict, "weights")
    assert mixup.diff == pytest.approx(-by)
    assert found.status == status
    assert found.headline.startswith("regression" if status else "no regression")


def test_a_missing_cell_or_seed_fails_and_a_new_one_does_not(changed, accepted):
    more = changed(lambda f: pd.concat([f, f[f["method"] == "mixup"].assign(method="cutmix", run_id="")]))
    assert [c.verdict for c in more.changes] == ["same", "same", "missing"]
    assert more.changes[2].reason == "seeds 0-11: not run"
    assert more.status == 1
    seed = changed(lambda f: pd.concat([f, f[f["seed"] == "0"].assign(seed="12", run_id="")]))
    assert [c.reason for c in seed.changes] == ["seeds 12: not run"] * 2
    less = changed(lambda f: f[f["method"] == "erm"])
    assert [c.verdict for c in less.changes] == ["same", "new"]
    assert less.status == 0
    assert "new" in as_text(less)


def test_too_few_seeds_cannot_gate(changed):
    found = changed(lambda f: f[f["seed"].astype(int) < 7])
    assert (found.seeds, found.needed, found.status) == (7, 8, 2)
    assert found.headline.startswith("cannot gate: needs 8 seeds, has 7")


def test_a_failed_run_is_missing_with_its_reason(here, accepted, mixsuite, monkeypatch):
    (here / "baseline.csv").write_text(accepted[1])
    real = worker.Bench.job

    def fails(self, order, spec):
        if spec.seed == 3 and spec.method.name == "mixup":
            raise RuntimeError("the loss is nan")
        return real(self, order, spec)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.Bench, "job", fails)
        runner.run("gated.toml")
    told = mixsuite("regress", "--out", "results/gated", "--baseline", "baseline.csv")
    assert told.status == 1
    assert "mixup: seeds 3: failed: RuntimeError: the loss is nan" in told.out
    refused = mixsuite("baseline", "accept", "--out", "results/gated")
    assert refused.status == 2
    assert "1 failed runs stand" in refused.err


def test_the_loop_and_lockstep_are_equal_within_the_margin(here, accepted):
    (here / "baseline.csv").write_text(accepted[1])
    runner.run("gated.toml", executor="loop")
    found = regress(here / "results" / "gated", here / "baseline.csv")
    assert {change.verdict for change in found.changes} <= {"same", "equal within margin"}
    assert {change.changed_at for change in found.changes} == {"weights"}
    assert "executor lockstep/6 -> loop/1" in found.changes[0].also_changed
    assert found.changes[0].command.endswith("--executor loop")
    assert found.status == 0


def other_machine(frame, text):
    frame["machine"] = frame["machine"].str.replace('"device":"cpu"', text)
    frame["digest_weights"] = "0"


def test_a_baseline_from_a_gpu_is_compared_by_statistics_alone(changed):
    found = changed(lambda frame: other_machine(frame, '"device":"cuda","gpu":"Some GPU; of 2"'))
    assert {c.verdict for c in found.changes} == {"equal within margin"}
    assert {c.changed_at for c in found.changes} == {"not compared"}
    assert any("from cuda, these runs from cpu: digests are not compared, statistics only" in n for n in found.notes)
    assert found.costs == {}


def test_what_else_changed_is_named(changed):
    def edit(frame):
        frame["code_parts"] = frame["code_parts"].str.replace(r'"torch":"[^"]*"', '"torch":"9.9"', regex=True)
        frame["code_parts"] = frame["code_parts"].str.replace(r'"core":"[^"]*"', '"core":"0"', regex=True)
        frame["executor"] = "lockstep/12"
        frame["machine"] = frame["machine"].str.replace('"threads":"1"', '"threads":"2"')
        frame["digest_init"], frame["digest_weights"] = "0", "0"

    found = changed(edit)
    also = found.changes[0].also_changed
    assert f"code: core, torch 9.9 -> {torch.__version__.split('+')[0]}" in also
    assert "machine: threads 2 -> 1" in also
    assert "executor lockstep/12 -> lockstep/6" in also
    assert found.changes[0].changed_at == "init"
    assert found.status == 0


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda f: f.assign(digest_data="0"), "the baseline is of other data for digits"),
        (
            lambda f: f.assign(spec=f["spec"].str.replace('"recipe.lr":"0.3"', '"recipe.lr":"0.1"'), run_id="0"),
            "another recipe or parameters for digits(rows=300, test=0.5), erm (short): recipe.lr 0.1 -> 0.3; accept",
        ),
    ],
)
def test_a_baseline_about_something_else_is_refused(changed, edit, said):
    with pytest.raises(InputError) as error:
        changed(edit)
    assert said in str(error.value)


def test_a_baseline_of_the_former_form_is_read(changed):
    found = changed(lambda frame: frame.drop(columns=["run_id", "code_parts", "spec", "margin"]))
    assert {c.verdict for c in found.changes} == {"same"}
    assert any("compared by their names alone" in note for note in found.notes)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace("error,0.", "error,x0.", 1), "line 2: not a row of a baseline"),
        (lambda text: text.replace("error,0.", "error,nan#", 1), "line 2: not a row of a baseline"),
        (lambda text: "\n".join([*text.splitlines()[:5], "images,torn"]), "line 6: not a row of a baseline"),
        (lambda text: text + text.splitlines()[-1] + "\n", "stands twice"),
        (
            lambda text: text.replace("digest_split", "digest_spilt", 1),
            "line 1: not a baseline: no column digest_split",
        ),
        (lambda text: text.splitlines()[0] + "\n", "it has no rows"),
        (lambda text: "", "line 1: not a baseline"),
        (lambda text: "\0", "line 1"),
        (lambda text: text.replace(",error,", ",mistakes,"), "has neither error nor rmse"),
    ],
)
def test_a_corrupted_baseline_is_refused_with_its_line(accepted, tmp_path, mixsuite, edit, said):
    path = tmp_path / "b.csv"
    path.write_text(edit(accepted[1]))
    refused = mixsuite("regress", "--out", accepted[0], "--baseline", path)
    assert refused.status == 2
    assert said in refused.err
    assert refused.err.count("\n") == 1


def test_without_a_baseline_or_results_it_says_how_to_make_one(accepted, tmp_path, mixsuite):
    none = mixsuite("regress", "--out", accepted[0], "--baseline", tmp_path / "none.csv")
    assert (none.status, "accept one: mixsuite baseline accept" in none.err) == (2, True)
    nothing_there = mixsuite("baseline", "accept", "--out", tmp_path / "none")
    assert (nothing_there.status, "make some with: mixsuite run" in nothing_there.err) == (2, True)


def test_accepting_says_what_it_replaces(accepted, tmp_path, mixsuite):
    path = tmp_path / "b.csv"
    frame = accepted[1].replace(",mixup,", ",cutmix,")
    path.write_text(frame)
    shift_one = pd.read_csv(path, dtype=str, keep_default_na=False)
    shift(shift_one, 0.1, "erm")
    shift_one.to_csv(path, index=False)
    said = mixsuite("baseline", "accept", "--out", accepted[0], "--baseline", path)
    assert said.status == 0
    assert ": 1 new, 1 gone, 1 with other values" in said.out
    assert load_baseline(path).runs == 24


def test_json_and_markdown_say_the_same(changed):
    found = changed(lambda frame: shift(frame, -0.05))
    value = json.loads(as_text(found, "json"))
    assert value == as_dict(found)
    assert [cell["verdict"] for cell in value["cells"]] == ["same", "worse"]
    assert value["status"] == 1
    page = as_text(found, "md")
    assert page.startswith("### regression: 1 same, 1 worse")
    assert "| worse |" in page
    assert "- again: mixsuite run " in page


def test_the_margin_is_the_baselines(changed):
    """A wider margin in the tree under test makes nothing pass; one that was accepted does."""
    assert changed(lambda frame: shift(frame, -0.05)).status == 1

    def wide(frame):
        shift(frame, -0.05)
        frame.loc[frame["run_id"] != "", "margin"] = "0.2"

    found = changed(wide)
    assert (found.changes[1].verdict, found.status) == ("equal within margin", 0)


def test_training_anew_needs_a_folder_of_its_own(here, accepted, mixsuite):
    """Old cells of a folder would be compared as if they had been trained anew."""
    (here / "baseline.csv").write_text(accepted[1])
    call = ("regress", "--run", "gated.toml", "--out", "results/anew", "--baseline", "baseline.csv")
    first = mixsuite(*call)
    assert first.status == 0, first.err
    assert "no regression: 2 same" in first.out
    assert "1 tasks x 2 methods x 12 seeds, trained anew" in first.err
    second = mixsuite(*call)
    assert second.status == 2
    assert "holds results already" in second.err


def test_a_renamed_recipe_is_another_cell(here, accepted, mixsuite):
    """The recipe's name is in no run's id: records keep the old name, the folder shows the new one."""
    (here / "baseline.csv").write_text(accepted[1])
    runner.run("gated.toml", out="results/gated")
    (here / "gated.toml").write_text((here / "gated.toml").read_text().replace("short", "brief"))
    (here / "results" / "gated" / "matrix.toml").unlink()
    runner.run("gated.toml", out="results/gated")  # nothing to train: the runs are there
    found = regress(here / "results" / "gated", here / "baseline.csv")
    assert [c.verdict for c in found.changes] == ["missing", "missing", "new", "new"]
    assert found.status == 1
    assert mixsuite("baseline", "accept", "--out", "results/gated", "--baseline", "again.csv").status == 0


def test_a_commit_is_dirty_by_code_and_not_by_results(tmp_path):
    import subprocess

    from mixsuite.regression.baseline import commit_of

    assert commit_of(tmp_path) == ""
    (tmp_path / "results").mkdir()
    (tmp_path / "code.py").write_text("1")
    (tmp_path / "results" / "history.csv").write_text("1")
    me = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*me, *words], check=True)
    clean = commit_of(tmp_path)
    assert len(clean) == 12
    (tmp_path / "results" / "history.csv").write_text("2 ")
    assert commit_of(tmp_path) == clean
    (tmp_path / "code.py").write_text("2 ")
    assert commit_of(tmp_path) == f"{clean}-dirty"


@pytest.mark.parametrize("call", [("baseline", "accept", "--baseline"), ("track", "--history")])
def test_a_file_that_cannot_be_written_is_one_line(accepted, mixsuite, tmp_path, call):
    (tmp_path / "file").write_text("")
    refused = mixsuite(*call, tmp_path / "file" / "x.csv", "--out", accepted[0])
    assert refused.status == 2
    assert refused.err.count("\n") == 1
