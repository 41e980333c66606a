"""A tuning call: inner splits alone choose, every method has the same compute, and nothing is trained twice."""

import csv
import shutil
import tomllib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from support import folders
from support.pools import patch_pool
from support.searches import a_run
from support.sources import INTRA_MIX

from mixsuite import api
from mixsuite.domains import split as splits
from mixsuite.errors import InputError
from mixsuite.results.record_files import read_records, record_files
from mixsuite.tuning import folds
from mixsuite.tuning import run as run_module

MATRIX = """
seeds = "0-1"
datasets = ["iris(rows=40)@tiny"]
methods = ["erm", "mixup", "multi_mix"]
[recipes.tiny]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 4
batch = 8
[tune]
trials = 6
sampler = "random"
"""


@pytest.fixture(autouse=True)
def few_folds(monkeypatch):
    """Two folds, once: what is tested does not depend on how many there are."""
    cut_in_two(monkeypatch)


def cut_in_two(patch):
    patch.setattr(folds, "FOLDS", 2)
    patch.setattr(folds, "MOST_REPEATS", 1)


@pytest.fixture
def matrix(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text(MATRIX)
    return path


def tune(matrix, out, **options):
    return api.tune(str(matrix), out=out, **options)


def lines(out):
    return [line for path in record_files(out) for line in path.read_text().splitlines()]


def searches(out):
    return tomllib.loads((out / "tuned.toml").read_text())["searches"]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A tuning call that is over; tests may read it, and call it again."""
    folder = tmp_path_factory.mktemp("tuned")
    (folder / "m.toml").write_text(MATRIX)
    with pytest.MonkeyPatch.context() as patch:
        patch_pool(patch)
        cut_in_two(patch)
        return tune(folder / "m.toml", folder / "out")


def test_every_method_has_the_compute_of_as_many_trainings_of_the_reference(tuned):
    trials = Counter()
    for search in tuned.searches:
        reference = next(s for s in tuned.searches if s.run.method.name == "erm" and s.run.seed == search.run.seed)
        assert search.rows <= reference.rows == 6 * reference.default.rows
        trials[search.run.method.name] += len(search.candidates)
    assert trials == {"erm": 12, "mixup": 12, "multi_mix": 2}  # of five times as many rows: one candidate a search
    assert {round(s.rows / s.default.rows) for s in tuned.searches} == {6, 1}


def test_all_methods_of_a_seed_are_scored_on_the_same_rows(tuned):
    cuts = {}
    for record in read_records(tuned.out).values():
        if "fold" in record.spec:
            key = record.seed, *record.spec["fold"].values()
            cuts.setdefault(key, set()).add((record.digests["split"], record.spec["method"]["name"]))
    assert len(cuts) == 2 * 2
    assert all(len({rows for rows, _ in seen}) == 1 and len({name for _, name in seen}) == 3 for seen in cuts.values())


def test_a_tuned_run_is_the_outer_run_of_its_seed_with_the_chosen_setting(tuned):
    records, changed = read_records(tuned.out), 0
    for search in tuned.searches:
        default, best = records[search.run.id], records[search.best.run.id]
        assert default.digests["split"] == best.digests["split"]
        assert default.digests["order"] == best.digests["order"]
        assert default.digests["init"] == best.digests["init"]
        if search.best.number:
            changed += 1
            assert best.tuning["chosen"] == search.best.number
            assert [c["score"] for c in best.tuning["candidates"]] == [c.score for c in search.candidates]
            assert best.tuning["criterion"] == "mean error over 2 inner splits of the run's training rows"
            assert search.best.score < search.default.score
    assert changed


def test_a_second_call_trains_nothing_and_writes_the_same(tuned, matrix, in_process):
    before = lines(tuned.out), *((tuned.out / name).read_bytes() for name in ("tuned.csv", "tuned.toml"))
    tune(matrix, tuned.out)
    assert before == (lines(tuned.out), *((tuned.out / name).read_bytes() for name in ("tuned.csv", "tuned.toml")))


def test_a_call_that_was_stopped_goes_on_and_retrains_nothing(tuned, matrix, tmp_path, in_process):
    done = 0

    def stop(progress):
        nonlocal done
        done += "tuning" in progress.title
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(matrix, tmp_path / "again", watch=stop)
    stopped = set(lines(tmp_path / "again"))
    assert 0 < len(stopped) < len(lines(tuned.out))
    tune(matrix, tmp_path / "again")
    assert stopped < set(lines(tmp_path / "again"))
    assert len(lines(tmp_path / "again")) == len(read_records(tmp_path / "again")) == len(lines(tuned.out))
    assert searches(tmp_path / "again") == searches(tuned.out)


def test_more_trials_begin_with_the_same_candidates(tuned, matrix, tmp_path, in_process):
    shutil.copytree(tuned.out, tmp_path / "out")
    tune(matrix, tmp_path / "out", trials=8)
    assert {search["trials"] for search in searches(tmp_path / "out")} == {8, 1}
    more = len(lines(tmp_path / "out"))
    assert more <= len(lines(tuned.out)) + 2 * 2 * 2 * 2 + 4  # two more candidates of four searches, on two folds
    tune(matrix, tmp_path / "out")
    assert len(lines(tmp_path / "out")) == more


@pytest.mark.slow
def test_the_number_of_workers_makes_no_difference(tuned, matrix, tmp_path):
    for workers in (1, 2):
        tune(matrix, tmp_path / str(workers), workers=workers, methods="mixup")
    assert searches(tmp_path / "1") == searches(tmp_path / "2")
    chosen = [s for s in searches(tuned.out) if s["method"] != "multi_mix"]
    assert searches(tmp_path / "1") == chosen


OWN_SET = """
import numpy as np
import pandas as pd
from dataclasses import dataclass
from mixsuite.domains import Dataset, Raw

@dataclass(frozen=True)
class Own(Dataset):
    domain = "tabular"
    recipe = "tiny"

    def load(self, root):
        draws = np.random.default_rng(0)
        y = draws.integers(0, 2, 160)
        x = y[:, None] + 1.5 * draws.standard_normal((160, 3))
        part = np.where(np.arange(160) < 60, 0, 2)
        if SPOILT:
            y = np.where(part == 2, 1 - y, y)
        return Raw(pd.DataFrame(x, columns=list("abc")), y, part)
"""


def choices(folder, spoilt):
    """The searches of a data set whose test rows have their labels, or the labels turned around."""
    folder.mkdir()
    (folder / "own.py").write_text(OWN_SET.replace("SPOILT", str(spoilt)))
    (folder / "own.toml").write_text(MATRIX.replace("iris(rows=40)@tiny", str(folder / "own.py")))
    tune(folder / "own.toml", folder / "out", methods="mixup", seeds="0", trials=4)
    return searches(folder / "out")


def test_no_test_row_chooses(tmp_path, in_process):
    assert choices(tmp_path / "a", spoilt=False) == choices(tmp_path / "b", spoilt=True)


def test_a_search_that_scores_on_test_rows_would_be_caught(tmp_path, in_process, monkeypatch):
    monkeypatch.setattr(splits, "_inner", lambda split, fold, has_classes, seed: split)
    assert choices(tmp_path / "a", spoilt=False) != choices(tmp_path / "b", spoilt=True)


def test_a_method_that_does_not_apply_is_skipped_in_both(matrix, tmp_path, in_process):
    report = tune(matrix, tmp_path / "out", methods="cutmix", trials=2)
    assert report.complete
    rows = [(row["method"], row["tuning"], row["verdict"]) for row in report.table.to_dict("records")]
    assert {row[2] for row in rows if row[0] == "cutmix"} == {"skipped"}
    assert [search["trials"] for search in searches(tmp_path / "out") if search["method"] == "cutmix"] == [1, 1]


def test_a_candidate_that_fails_on_one_inner_split_has_no_score_and_still_its_cost():
    run = a_run()
    good, other, failed = (folders.record(run, value) for value in (0.2, 0.4, None))
    assert run_module._score([good, other], "error") == pytest.approx(0.3)
    assert run_module._score([good, failed], "error") is None
    bare = replace(failed, steps=None, rows_per_step=None)
    assert run_module._rows([good, other]) == run_module._rows([good, bare]) == 2 * 100 * 8.0
    assert run_module._rows([bare, bare]) == 0


DIVERGES = INTRA_MIX.replace(
    "class IntraMix(Method):", "class IntraMix(Method):\n    space = {'alpha': Choice([0.5])}"
).replace("import Method", "import Choice, Method")


def test_a_method_whose_default_fails_is_searched_all_the_same(matrix, tmp_path, in_process):
    """It is taken to cost what the reference costs."""
    body = "if self.alpha == 1.0:\n            raise RuntimeError('planted')\n        y, n ="
    (tmp_path / "frail.py").write_text(DIVERGES.replace("y, n =", body))
    report = tune(matrix, tmp_path / "out", methods=str(tmp_path / "frail.py"), seeds="0", trials=3)
    found = {search["method"]: search for search in searches(tmp_path / "out")}
    assert (found["frail"]["trials"], found["frail"]["failed"]) == (3, 1)
    assert found["frail"]["parameters"] == {"alpha": 0.5}
    assert not report.complete  # the default run failed
    status = report.table.set_index(["method", "tuning"])["status"]
    assert (status["frail", "default"], status["frail", "tuned"]) == ("failed", "ok")


def test_a_reference_that_is_excluded_leaves_the_others_their_own_cost(matrix, tmp_path, in_process):
    matrix.write_text('exclude = ["erm x iris"]\n' + MATRIX)
    report = tune(matrix, tmp_path / "out", seeds="0", trials=2)
    assert [search["trials"] for search in searches(tmp_path / "out")] == [2, 2]
    assert set(report.table["verdict"]) == {"undecided"}


def test_with_best_validation_the_validation_part_chooses_the_weights_alone(matrix, tmp_path, in_process):
    matrix.write_text('select = "best_validation"\n' + MATRIX)
    report = tune(matrix, tmp_path / "out", trials=1, methods="erm", seeds="0")
    parts = [r.parts for r in read_records(report.out).values() if "fold" in r.spec]
    assert {(p["train"], p["valid"], p["test"]) for p in parts} == {(20, 21, 20)}


def test_probes_are_of_the_reported_runs_alone(matrix, tmp_path, in_process):
    matrix.write_text('probes = ["noise(std=0.5)"]\nprimary = "macro_error"\n' + MATRIX)
    report = tune(matrix, tmp_path / "out", trials=2, methods="erm", seeds="0")
    for record in read_records(report.out).values():
        assert bool(record.probes) == ("fold" not in record.spec)
    assert searches(report.out)[0]["metric"] == "macro_error"


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (("batch = 2", "batch = 33"), {}, "batch=33 is more than its 20 training rows"),
        (("", ""), {"trials": 0}, "tune: trials = 0"),
        (("", ""), {"sampler": "bayes"}, "tune: sampler = 'bayes'"),
        (("trials = 6", "trials = 6\nmethods = {mixup = {beta = [1]}}"), {}, "unknown parameter 'beta'"),
        (("rows=40", "rows=4"), {"folds": 5}, "4 training rows cannot be cut into 5 folds"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    matrix, tmp_path, in_process, monkeypatch, change, options, said
):
    matrix.write_text(MATRIX.replace("batch = 8", "batch = 2").replace(*change))
    monkeypatch.setattr(folds, "FOLDS", options.pop("folds", 2))
    with pytest.raises(InputError, match=said):
        tune(matrix, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_the_default_rows_are_those_of_run(tuned):
    api.leaderboard(tuned.out)
    with (tuned.out / "leaderboard" / "iris-rows=40--tiny.csv").open() as file:
        board = {row["method"]: row for row in csv.DictReader(file)}
    with (tuned.out / "tuned.csv").open() as file:
        default = [row for row in csv.DictReader(file) if row["tuning"] == "default"]
    assert len(default) == 3
    for row in default:
        assert {k: row[k] for k in ("n", "mean", "diff", "verdict")} == {
            k: board[row["method"]][k] for k in ("n", "mean", "diff", "verdict")
        }
    assert np.isfinite(float(default[0]["mean"]))
