"""The main job from end to end: train, skip what is done, resume, record every outcome."""

import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from support.faulty import FAULTY
from support.processes import marked
from support.sources import INTRA_MIX

import mixsuite as package
from mixsuite.results.record_files import RecordWriter, read_records

KILLS = Path(__file__).parents[2] / "benchmarks" / "proofs" / "kills.py"


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for path in (out / "records").glob("*.jsonl") for line in path.read_text().splitlines()]


@pytest.mark.slow
def test_a_matrix_is_trained_once_and_written_as_tables(mixsuite, tiny, tmp_path):
    out = tmp_path / "out"
    first = mixsuite("run", tiny, "--out", out, "--workers", 2)
    assert first.status == 0
    assert "4 of 4 runs to train" in first.err
    assert len(lines(out)) == 4
    runs = pd.read_csv(out / "runs.csv")
    assert list(runs.columns) == [
        "domain",
        "dataset",
        "recipe",
        "method",
        "seed",
        "metric",
        "value",
        "status",
        "run_id",
    ]
    assert set(runs["method"]) == {"erm", "mixup"}
    assert set(runs["dataset"]) == {"iris(rows=20)"}
    assert set(runs["recipe"]) == {"tiny"}
    board = pd.read_csv(out / "leaderboard" / "iris-rows=20--tiny.csv")
    assert board["n"].tolist() == [2, 2]
    assert "\nmixup  " in first.out
    again = mixsuite("run", tiny, "--out", out)
    assert again.status == 0
    assert "0 of 4 runs to train" in again.err
    assert len(lines(out)) == 4
    assert again.out == first.out


@pytest.mark.slow
def test_every_derived_file_is_rebuilt_byte_for_byte(mixsuite, tiny, tmp_path):
    out = tmp_path / "out"
    mixsuite("run", tiny, "--out", out, "--workers", 1)
    derived = [out / "runs.csv", out / "leaderboard.csv", *(out / "leaderboard").glob("*")]
    before = {p: p.read_bytes() for p in derived}
    for path in derived:
        path.unlink()
    stale = out / "leaderboard" / "gone.csv"
    stale.write_text("rank,method,n,mean,std\n")
    assert mixsuite("leaderboard", "--out", out).status == 0
    assert {p: p.read_bytes() for p in derived} == before
    assert not stale.exists()


@pytest.mark.slow
def test_the_same_specs_twice_give_identical_metrics_and_digests(mixsuite, tiny, tmp_path):
    outs = [tmp_path / "one", tmp_path / "two"]
    for out, workers in zip(outs, (1, 2), strict=True):
        assert mixsuite("run", tiny, "--out", out, "--workers", workers).status == 0
    one, two = (read_records(out) for out in outs)
    assert one.keys() == two.keys()
    for key in one:
        for field in ("metrics", "digests", "curve", "reliability", "temperature", "rows_per_step"):
            assert getattr(one[key], field) == getattr(two[key], field), field
    by_cell = {(r.names["method"], r.seed): r for r in one.values()}
    for seed in (0, 1):
        erm, mixup = by_cell["erm", seed].digests, by_cell["mixup", seed].digests
        assert all(erm[s] == mixup[s] for s in ("data", "split", "init", "order", "draws"))
        assert all(erm[s] != mixup[s] for s in ("plan", "weights"))


@pytest.mark.slow
def test_an_outsiders_method_runs_and_editing_it_runs_its_cells_alone_again(mixsuite, tiny, tmp_path):
    out, path = tmp_path / "out", tmp_path / "intra_mix.py"
    path.write_text(INTRA_MIX)
    assert len(INTRA_MIX.splitlines()) <= 30
    call = ("run", tiny, "--methods", f"{path}(alpha=0.4)", "--out", out, "--workers", 1)
    assert mixsuite(*call).status == 0
    assert {r["names"]["method"] for r in lines(out)} == {"erm", "intra_mix(alpha=0.4)"}
    path.write_text(INTRA_MIX.replace("rng.beta(self.alpha, self.alpha, n)", "rng.beta(self.alpha, 1.0, n)"))
    again = mixsuite(*call)
    assert "2 of 4 runs to train" in again.err
    assert {r["names"]["method"] for r in lines(out)[4:]} == {"intra_mix(alpha=0.4)"}
    # The path is part of nothing: the same file elsewhere is the same method.
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "intra_mix.py").write_text(path.read_text())
    moved = mixsuite("run", tiny, "--methods", f"{other / 'intra_mix.py'}(alpha=0.4)", "--out", out)
    assert "0 of 4 runs to train" in moved.err
    accepted = mixsuite(*call[:3], f"{path}(alpha=0.4)", *call[4:], "--accept-old")
    assert "0 of 4 runs to train" in accepted.err


@pytest.mark.slow
def test_results_of_former_code_are_trained_again_unless_accepted(mixsuite, tiny, tmp_path):
    out = tmp_path / "out"
    mixsuite("run", tiny, "--out", out, "--workers", 1)
    (path,) = (out / "records").glob("*.jsonl")
    old = [json.loads(line) for line in path.read_text().splitlines()]
    for record in old[:1]:
        record["code"] |= {"hash": "0" * 16, "core": "0" * 16}
    path.write_text("".join(json.dumps(r | {"checksum": "", "sequence": None}) + "\n" for r in old))
    accepted = mixsuite("run", tiny, "--out", out, "--accept-old")
    assert "0 of 4 runs to train" in accepted.err
    assert "this table mixes results of different code" in accepted.out
    assert "1 of 4 runs to train, about" in mixsuite("run", tiny, "--out", out, "--dry-run").out


@pytest.mark.long
def test_failures_are_records_that_stop_nothing_and_are_tried_again_when_asked(mixsuite, tiny, tmp_path):
    out, path = tmp_path / "out", tmp_path / "faulty.py"
    path.write_text(FAULTY)
    methods = f"{path}(kind=exit),{path}(kind=error),mixup"
    call = ("run", tiny, "--methods", methods, "--out", out, "--workers", 2)
    first = mixsuite(*call)
    assert first.status == 1
    statuses = {(r["names"]["method"], r["status"]) for r in lines(out)}
    assert statuses == {
        ("erm", "ok"),
        ("mixup", "ok"),
        ('faulty(kind="exit")', "failed"),
        ('faulty(kind="error")', "failed"),
    }
    assert 'failed: iris(rows=20)@tiny faulty(kind="error") seeds 0-1: RuntimeError: planted, ' in first.out
    assert "faulty.py, line 21\n" in first.out
    again = mixsuite(*call)
    assert again.status == 1
    assert "0 of 8 runs to train" in again.err
    assert "4 of 8 runs to train" in mixsuite(*call, "--rerun", "failed").err
    assert "8 of 8 runs to train, about" in mixsuite(*call, "--rerun", "always", "--dry-run").out
    board = pd.read_csv(out / "leaderboard" / "iris-rows=20--tiny.csv").set_index("method")
    assert board.loc['faulty(kind="exit")', "status"] == "failed"
    assert pd.isna(board.loc['faulty(kind="exit")', "mean"])


@pytest.mark.slow
def test_a_method_that_does_not_apply_is_skipped_with_a_reason(mixsuite, tiny, tmp_path):
    found = mixsuite("run", tiny, "--methods", "cutmix", "--out", tmp_path / "out", "--workers", 1)
    assert found.status == 0
    assert "skipped: cutmix (made for images, speech, not for tabular): iris(rows=20)@tiny" in found.out


@pytest.mark.slow
def test_a_library_that_does_not_import_skips_its_tasks_and_no_others(mixsuite, tiny, tmp_path):
    (tmp_path / "needy.py").write_text(
        "from dataclasses import dataclass\nfrom mixsuite.domains.base import Dataset\n\n"
        "@dataclass(frozen=True)\nclass Needy(Dataset):\n    '''Needs what is not there.'''\n"
        "    domain = 'tabular'\n    classes = 2\n    recipe = 'tabular_mlp'\n    requires = ('no_such_package',)\n"
        "    def load(self, root):\n        import no_such_package\n"
    )
    found = mixsuite(
        "run", tiny, "--datasets", f"{tmp_path / 'needy.py'},iris", "--out", tmp_path / "out", "--workers", 1
    )
    assert found.status == 0
    assert "skipped: erm (no_such_package cannot be imported" in found.out
    assert "pip install no_such_package" in found.out
    assert {r["status"] for r in lines(tmp_path / "out") if r["names"]["task"] != "needy"} == {"ok"}


@pytest.mark.slow
def test_predictions_are_kept_only_when_asked(mixsuite, tiny, tmp_path):
    import numpy as np

    out = tmp_path / "out"
    mixsuite("run", tiny, "--seeds", "0", "--out", out, "--workers", 1)
    assert not (out / "predictions").exists()
    mixsuite("run", tiny, "--seeds", "0", "--out", out, "--workers", 1, "--rerun", "always", "--save-predictions")
    records = read_records(out)
    for key, record in records.items():
        kept = np.load(out / "predictions" / f"{key}.npz")
        assert np.mean(kept["out"].argmax(1) != kept["y"]) == record.metrics["error"]


@pytest.mark.slow
def test_a_further_call_adds_its_cells(mixsuite, tiny, tmp_path):
    out = tmp_path / "out"
    mixsuite("run", tiny, "--out", out, "--workers", 1)
    mixsuite("run", tiny, "--methods", "mixup(alpha=0.2)", "--seeds", "0-2", "--out", out, "--workers", 1)
    runs = pd.read_csv(out / "runs.csv").query("metric == 'error'")
    assert runs.groupby("method").size().to_dict() == {"erm": 3, "mixup": 2, "mixup(alpha=0.2)": 3}


@pytest.mark.slow
def test_a_second_runner_on_the_same_folder_is_refused(mixsuite, tiny, tmp_path):
    out = tmp_path / "out"
    with RecordWriter(out):
        found = mixsuite("run", tiny, "--out", out, "--workers", 1)
    assert found.status == 2
    assert "another run is writing there" in found.err
    assert not (out / "matrix.toml").exists()


@pytest.fixture
def long_run(tiny, tmp_path):
    """The words of a `mixsuite run` of 6,000 runs of some milliseconds: longer than any machine needs to notice."""
    text = tiny.read_text().replace('"0-1"', '"0-1999"').replace('"mixup"]', '"mixup", "mixup(alpha=0.2)"]')
    tiny.write_text(text.replace("steps = 10", "steps = 40"))
    return [sys.executable, "-m", "mixsuite", "run", str(tiny), "--out", str(tmp_path / "out"), "--workers", "2"]


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_stop_cleanly_and_the_next_call_goes_on(long_run, tmp_path, number):
    out = tmp_path / "out"
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell starts its background jobs deaf to it
    runner = subprocess.Popen(long_run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeds)
    while not (out / "records").exists() or not read_records(out):
        assert runner.poll() is None
        time.sleep(0.02)
    runner.send_signal(number)
    _, err = runner.communicate(timeout=120)
    assert runner.returncode == 128 + number
    assert "the same command goes on from here" in err
    assert "Traceback" not in err
    done = len(read_records(out))
    assert 0 < done < 6000
    rest = subprocess.run([*long_run, "--dry-run"], capture_output=True, text=True, check=True)
    assert f"{6000 - done} of 6000 runs to train" in rest.stdout


@pytest.mark.long
def test_kills_of_every_kind_lose_nothing_that_was_recorded_and_leave_nothing_behind(tmp_path):
    """Ten of the three hundred that are in `make proofs`."""
    page = tmp_path / "kills.md"
    done = subprocess.run(
        [sys.executable, str(KILLS), "--kills", "10", "--seeds", "40", "--out", str(page)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("| runner | 5 |", "| write | 1 |", "| worker | 4 |", "whole before a kill and not there after it: 0"):
        assert line in page.read_text()


@pytest.mark.slow
def test_killed_runners_leave_no_workers_behind(long_run, tmp_path, monkeypatch):
    """Each with processes of its own, as users start them."""
    monkeypatch.setenv("MIXSUITE_TEST_MARK", mark := str(tmp_path))
    runner = subprocess.Popen(long_run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "out" / "records").exists() or not read_records(tmp_path / "out"):
        assert runner.poll() is None
        time.sleep(0.02)
    runner.kill()
    runner.wait()
    deadline = time.monotonic() + 60
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


@pytest.mark.slow
def test_the_same_from_python(tiny, tmp_path):
    frame = package.run(str(tiny), methods="mixup", seeds="0", out=tmp_path / "out", workers=1)
    assert set(frame["method"]) == {"erm", "mixup"}
    assert frame.query("metric == 'error'")["value"].between(0, 1).all()
    written = pd.read_csv(tmp_path / "out" / "runs.csv")
    pd.testing.assert_frame_equal(frame, written, check_dtype=False)


@pytest.mark.slow
def test_the_latest_result_wins_whatever_its_file_is_called(mixsuite, tiny, tmp_path):
    out = tmp_path / "out"
    path = tmp_path / "intra_mix.py"
    path.write_text(INTRA_MIX)
    first = tiny.read_text()
    for name in ("zz", "aa"):
        tiny.write_text(first.replace("tiny", name))
        mixsuite("run", tiny, "--methods", str(path), "--seeds", "0", "--out", out, "--workers", 1)
    path.write_text(INTRA_MIX + "EDITED = True\n")
    call = ("run", tiny, "--methods", str(path), "--seeds", "0", "--out", out, "--workers", 1)
    assert "1 of 2 runs to train" in mixsuite(*call).err
    assert "0 of 2 runs to train" in mixsuite(*call).err


def test_two_names_for_one_task_are_refused(mixsuite, tiny, tmp_path):
    text = tiny.read_text()
    tiny.write_text(text + text[text.index("[recipes.tiny]") :].replace("[recipes.tiny]", "[recipes.two]"))
    found = mixsuite("run", tiny, "--datasets", "iris@tiny,iris@two", "--out", tmp_path / "out")
    assert found.status == 2
    assert "'iris@tiny' and 'iris@two' are one and the same" in found.err


@pytest.mark.slow
def test_probes_are_further_metrics_of_the_same_run(mixsuite, tiny, tmp_path):
    out, probe = tmp_path / "out", tmp_path / "louder.py"
    probe.write_text(
        "from dataclasses import dataclass\n"
        "from mixsuite.evaluation import Probe\n"
        "@dataclass(frozen=True)\n"
        "class Louder(Probe):\n"
        "    gain: float = 2.0\n"
        "    def disturb(self, x, rows):\n"
        "        return self.gain * x\n"
    )

    text = tiny.read_text()

    def matrix(probes):
        tiny.write_text(f"probes = {probes}\n{text}")
        return mixsuite("run", tiny, "--out", out, "--workers", 1)

    plain = mixsuite("run", tiny, "--out", out, "--workers", 1)
    assert plain.status == 0
    before = {r.id: r for r in read_records(out).values()}
    # A model is not kept: a probe asked for later means training again, to the same metrics and digests.
    asked = matrix(["fgsm(eps=0.5)", f"{probe}(gain=3)", "blur"])
    assert "4 of 4 runs to train" in asked.err, asked
    after = read_records(out)
    for run, old in before.items():
        new = after[run]
        assert old.metrics.items() <= new.metrics.items()
        assert old.digests == new.digests
        assert {k for k in new.metrics if "@" in k} == {
            "error@fgsm(eps=0.5)", "nll@fgsm(eps=0.5)", "error@louder(gain=3.0)", "nll@louder(gain=3.0)",
        }  # fmt: skip
        assert new.metrics["nll@fgsm(eps=0.5)"] > new.metrics["nll"]
        assert {k: v["reason"] for k, v in new.probes.items()} == {
            "fgsm(eps=0.5)": "", "louder(gain=3.0)": "", "blur": "made for images, not for tabular",
        }  # fmt: skip
    assert "0 of 4 runs to train" in mixsuite("run", tiny, "--out", out).err
    probe.write_text(probe.read_text().replace("self.gain * x", "self.gain + x"))
    assert "4 of 4 runs to train" in mixsuite("run", tiny, "--out", out, "--dry-run").out
    refused = matrix(["fgms"])
    assert refused.status == 2
    assert refused.err.startswith("mixsuite: unknown probe 'fgms'; did you mean 'fgsm'?")
