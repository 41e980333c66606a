"""A matrix's own primary metric: verdicts, ranks and gates work on it, in its own direction."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from mixsuite.results.record_files import RecordWriter, read_records

MATRIX = """
seeds = "0-9"
datasets = ["iris(rows=20)@tiny", "wine(rows=20)@tiny"]
methods = ["erm", "mixup", "label_smoothing"]
margin = 0.0
{more}
[recipes.tiny]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.03
steps = 6
batch = 8
"""
OWN = '''"""Share of right rows, for which there is no number where a class is absent from the test rows."""
from dataclasses import dataclass
from mixsuite.evaluation import Metric

@dataclass(frozen=True)
class Mine(Metric):
    better = "higher"
    optimum = 1.0

    def score(self, predictions):
        if {condition}:
            raise ValueError("no such number here")
        return (predictions.predicted == predictions.y).mean()
'''


@pytest.fixture
def here(tmp_path, monkeypatch, in_process):
    monkeypatch.chdir(tmp_path)

    def write(name, more=""):
        (tmp_path / f"{name}.toml").write_text(MATRIX.format(more=more))
        return f"{name}.toml"

    return write


def tables(out):
    return {path.stem: pd.read_csv(path) for path in sorted((out / "leaderboard").glob("*.csv"))}


@pytest.mark.slow
def test_accuracy_and_error_tell_the_same_story_in_every_table(here, mixsuite, tmp_path):
    for name, more in (("low", ""), ("high", 'primary = "accuracy"')):
        assert mixsuite("run", here(name, more), "--out", name).status == 0
    low, high = tables(tmp_path / "low"), tables(tmp_path / "high")
    words = set()
    for task in ("iris(rows=20)@tiny", "wine(rows=20)@tiny"):
        stem = next(stem for stem in low if stem.startswith(task[:4]))
        one, other = (t[stem].set_index("method").sort_index() for t in (low, high))
        words |= set(one["verdict"])
        assert one["rank"].equals(other["rank"])
        assert np.allclose(one["mean"], 1 - other["mean"], atol=1e-6)
        for column in ("verdict", "n", "p", "p_holm", "least_effect", "std", "pairs"):
            pd.testing.assert_series_equal(one[column], other[column], rtol=1e-4)
        for column, mirrored in (("diff", "diff"), ("diff_low", "diff_high"), ("diff_low_new", "diff_high_new")):
            assert np.allclose(one[column], -other[mirrored], atol=1e-6, equal_nan=True)
    assert words & {"better", "worse"}
    ranks = ["rank", "method", "mean_rank", "rank_low", "rank_high", "better", "worse", "tie", "undecided"]
    pd.testing.assert_frame_equal(low["tabular"][ranks], high["tabular"][ranks])
    said = mixsuite("leaderboard", "--out", "high").out
    assert "iris(rows=20)@tiny: accuracy, higher is better, n = 10" in said
    # The same runs, told apart from their metric alone; one that lacks it is trained anew.
    ids = [set(read_records(tmp_path / name)) for name in ("low", "high")]
    assert ids[0] == ids[1]
    assert "60 of 60 runs to train" in mixsuite("run", "high.toml", "--out", "low").err
    assert "0 of 60 runs to train" in mixsuite("run", "low.toml", "--out", "low").err


@pytest.mark.slow
def test_auc_goes_through_run_compare_and_regress(here, mixsuite, tmp_path):
    matrix = here("auc", 'primary = "auc"\nmetrics = ["f1", "top_k_error(k=2)"]')
    assert mixsuite("run", matrix, "--out", "auc", "--save-predictions").status == 0
    table = pd.read_csv(tmp_path / "auc" / "runs.csv")
    assert {"auc", "f1", "top_k_error(k=2)", "error"} <= set(table["metric"])
    for run in table[table["metric"] == "auc"].itertuples():
        kept = np.load(tmp_path / "auc" / "predictions" / f"{run.run_id}.npz")
        wanted = roc_auc_score(kept["y"], softmax(kept["out"].astype(float), axis=1), multi_class="ovr")
        assert run.value == pytest.approx(wanted, abs=1e-12)
    # compare: the matrix's metric decides there too, on the runs that are there
    said = mixsuite("compare", "mixup", "--against", "erm", "--matrix", matrix, "--skip-check", "--out", "versus")
    assert said.status == 0
    row = pd.read_csv(tmp_path / "versus" / "against-erm.csv").iloc[0]
    assert (row["metric"], row["direction"]) == ("auc", "higher")
    values = (
        table[(table["metric"] == "auc") & table["dataset"].str.startswith("iris")].groupby("method")["value"].mean()
    )
    assert row["diff"] == pytest.approx(values["mixup"] - values["erm"], abs=1e-6)
    # regress: nothing moved; then one cell falls, which is worse, and one rises
    assert mixsuite("baseline", "accept", "--out", "auc", "--baseline", "b.csv").status == 0
    assert "\nno regression: 6 same\n" in mixsuite("regress", "--out", "auc", "--baseline", "b.csv").out
    moved = {"erm": -0.3, "mixup": 0.3}
    with RecordWriter(tmp_path / "auc") as writer:
        for record in read_records(tmp_path / "auc").values():
            if record.names["method"] in moved and record.names["dataset"].startswith("iris"):
                changed = record.metrics | {"auc": record.metrics["auc"] + moved[record.names["method"]]}
                digests = record.digests | {"weights": "another"}
                writer.append(record.names["task"], replace(record, metrics=changed, digests=digests))
    found = mixsuite("regress", "--out", "auc", "--baseline", "b.csv", "--format", "json")
    assert found.status == 1
    verdicts = {(c["task"], c["method"]): c["verdict"] for c in json.loads(found.out)["cells"]}
    assert verdicts["iris(rows=20)@tiny", "erm"] == "worse"
    assert verdicts["iris(rows=20)@tiny", "mixup"] == "better"
    # a baseline that gates another metric answers another question
    assert mixsuite("run", here("plain"), "--out", "plain").status == 0
    refused = mixsuite("regress", "--out", "plain", "--baseline", "b.csv")
    assert refused.status == 2
    assert "the baseline gates auc for iris" in refused.err
    assert "judged by error; accept a new baseline" in refused.err


@pytest.mark.slow
def test_a_history_keeps_the_metric_and_its_direction(here, mixsuite, tmp_path):
    mixsuite("run", here("m", 'primary = "accuracy"'), "--out", "m", "--seeds", "0-1")
    for _ in range(2):  # what was written is read again
        assert mixsuite("track", "--out", "m", "--history", "h.csv").status == 0
    table = pd.read_csv(tmp_path / "h.csv")
    assert set(table["metric"]) == {"accuracy"}
    assert set(zip(table["direction"], table["optimum"], strict=True)) == {("higher", 1)}


@pytest.mark.slow
def test_a_primary_metric_that_gives_no_number_fails_its_run_in_one_line(here, mixsuite, tmp_path):
    (tmp_path / "mine.py").write_text(OWN.format(condition="predictions.y[0] != 5"))
    said = mixsuite("run", here("m", 'primary = "./mine.py"'), "--out", "m", "--datasets", "iris", "--seeds", "0")
    assert said.status == 1
    records = read_records(tmp_path / "m")
    reasons = {record.reason for record in records.values()}
    assert reasons == {f"the primary metric mine: ValueError: no such number here, {tmp_path}/mine.py, line 12"}
    # As a further metric it costs its own number alone.
    other = mixsuite("run", here("n", 'metrics = ["./mine.py"]'), "--out", "n", "--datasets", "iris", "--seeds", "0")
    assert other.status == 0
    assert "mine could not be measured on iris(rows=20)@tiny: ValueError: no such number here" in other.out
    assert {r.probes["mine"]["status"] for r in read_records(tmp_path / "n").values()} == {"failed"}
    (tmp_path / "mine.py").write_text(OWN.format(condition="False"))  # mended: its runs are trained again, and stand
    for name, count in (("m", 3), ("n", 3)):
        again = mixsuite("run", f"{name}.toml", "--out", name, "--datasets", "iris", "--seeds", "0")
        assert again.status == 0, again
        assert f"{count} of 3 runs to train" in again.err
