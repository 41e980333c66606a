"""One variant against others, from the command line: checked, trained, told apart."""

import pandas as pd
import pytest

from mixsuite.results.record_files import read_records

VARIANT = '''"""mixup at a lambda of its own, on twice the rows where it is told to."""
from dataclasses import dataclass
import torch
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class Mine(Method):
    double: bool = False
    label = "matched"

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(0.5, 0.5, n)
        plan = Plan(rng.permutation(n), over(lam, batch.shape), lam)
        if not self.double:
            return plan
        own = torch.arange(n, device=batch.y.device).repeat(2)
        return Plan(plan.partner.repeat(2), plan.wx.repeat(2, *[1] * len(batch.shape)), lam.repeat(2), own=own)
'''


@pytest.fixture
def here(tmp_path, monkeypatch, tiny):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(VARIANT)
    tiny.write_text(tiny.read_text().replace('"0-1"', '"0-5"'))
    return tmp_path


@pytest.mark.long
def test_a_variant_is_compared_with_each_reference_and_at_equal_compute(mixsuite, here, tiny):
    assert mixsuite("run", tiny, "--seeds", "0-5").status == 0
    before = read_records(here / "results" / "tiny")
    said = mixsuite("compare", "./mine.py(double=True)", "--matrix", tiny, "--workers", 1)
    assert said.status == 0, said
    out = here / "results" / "compare" / "mine(double=True)"
    after = read_records(out)
    # The references' runs are those of the matrix's folder, to the byte; the variant's and its controls' are new.
    assert {k: r.time for k, r in after.items() if k in before} == {k: r.time for k, r in before.items()}
    assert {r.names["method"] for r in after.values()} == {
        "erm", "mixup", "mine(double=True)", "mixup(length=2)", "mixup(batch=2)",
    }  # fmt: skip
    table = pd.read_csv(out / "against-mixup.csv")
    assert table["pairs"].tolist() == [6]
    assert table["rows"].tolist() == [2 * v for v in table["reference_rows"]]
    mine, mixup = (
        [r.metrics["error"] for r in sorted(after.values(), key=lambda r: r.seed) if r.names["method"] == m]
        for m in ("mine(double=True)", "mixup")
    )
    assert table["diff"][0] == pytest.approx(sum(a - b for a, b in zip(mine, mixup, strict=True)) / 6, abs=1e-6)
    assert "mine(double=True) against mixup: " in said.out
    assert ", for 2.00 x the rows, " in said.out
    assert "At equal compute: mixup trained on as many rows" in said.out
    assert "mine(double=True) against mixup(length=2): " in said.out
    assert max(map(len, said.out.splitlines())) <= 130  # the sentences; tables fit 100
    again = mixsuite("compare", "./mine.py(double=True)", "--matrix", tiny, "--skip-check")
    assert (again.status, again.out) == (0, said.out)
    assert len(read_records(out)) == len(after)


@pytest.mark.slow
def test_a_variant_of_the_same_cost_has_no_controls(mixsuite, here, tiny):
    said = mixsuite("compare", "./mine.py", "--matrix", tiny, "--against", "mixup", "--skip-check", "--workers", 1)
    assert said.status == 0
    assert ", for 1.00 x the rows, " in said.out
    assert "equal compute" not in said.out
    assert {r.names["method"] for r in read_records(here / "results" / "compare" / "mine").values()} == {
        "mixup",
        "mine",
    }


@pytest.mark.slow
def test_a_variant_that_is_wrong_is_not_trained(mixsuite, here, tiny):
    (here / "mine.py").write_text(
        VARIANT.replace("batch.shape), lam)\n        if", "batch.shape), 1 - lam)\n        if")
    )
    said = mixsuite("compare", "./mine.py", "--matrix", tiny)
    assert said.status == 1
    assert "the partner's share" in said.out
    assert not (here / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("./none.py",), "method file './none.py' does not exist"),
        (("./mine.py", "--skip-check", "--against", "mixupp"), "did you mean 'mixup'"),
    ],
)
def test_what_is_not_there_is_named(mixsuite, here, tiny, arguments, said):
    refused = mixsuite("compare", *arguments, "--matrix", tiny)
    assert refused.status == 2
    assert said in refused.err


@pytest.mark.slow
def test_a_run_that_fails_says_why_and_tasks_of_former_calls_are_left_out(mixsuite, here, tiny):
    (here / "mine.py").write_text(VARIANT.replace("n = len(batch.y)", "n = len(batch.y) + batch.none", 1))
    options = ("--matrix", tiny, "--skip-check", "--against", "mixup", "--workers", 1)
    said = mixsuite("compare", "./mine.py", *options)
    assert said.status == 1
    assert "iris(rows=20)@tiny: failed: mine: AttributeError: 'Batch' object has no attribute 'none', " in said.out
    assert "mine.py, line 12" in said.out
    (here / "mine.py").write_text(VARIANT)
    other = mixsuite("compare", "./mine.py", *options, "--datasets", "wine(rows=24)@tiny")
    assert other.status == 0
    assert "wine" in other.out
    assert "iris" not in other.out
    assert "difference [95 %]" in other.out
    wide = mixsuite("compare", "./mine.py", *options, "--datasets", "wine(rows=24)@tiny", "--wide")
    assert "reference_mean" in wide.out


@pytest.mark.slow
def test_a_reference_that_fails_is_told_and_former_calls_change_nothing(mixsuite, here, tiny):
    bad = VARIANT.replace("class Mine", "class Bad").replace("n = len(batch.y)", "n = len(batch.none)", 1)
    (here / "bad.py").write_text(bad)
    options = ("--matrix", tiny, "--skip-check", "--workers", 1)
    failed = mixsuite("compare", "./mine.py", "--against", "./bad.py", *options)
    assert failed.status == 1
    assert "bad: AttributeError" in failed.out
    assert mixsuite("compare", "./mine.py", "--against", "mixup", *options, "--seeds", "0-7").status == 0
    fewer = mixsuite("compare", "./mine.py", "--against", "erm", *options, "--seeds", "0-5")
    table = pd.read_csv(here / "results" / "compare" / "mine" / "against-erm.csv")
    assert fewer.status == 0
    assert (table["pairs"].tolist(), table["status"].tolist()) == ([6], ["ok"])
    assert mixsuite("compare", "./mine.py", "--against", "", *options).status == 2


@pytest.mark.slow
def test_references_train_where_the_variant_applies_alone_and_other_folders_runs_are_reused(mixsuite, here, tiny):
    (here / "mine.py").write_text(
        VARIANT.replace('    label = "matched"\n', '    label = "matched"\n    kinds = ("class",)\n')
    )
    tiny.write_text(tiny.read_text().replace('"iris(rows=20)@tiny"', '"iris(rows=20)@tiny", "diabetes(rows=40)@tiny"'))
    options = ("--matrix", tiny, "--skip-check", "--workers", 1)
    said = mixsuite("compare", "./mine.py", "--against", "mixup", *options)
    assert said.status == 0
    assert "diabetes(rows=40)@tiny: skipped: mine: made for targets of the kind class, not for regression" in said.out
    records = read_records(here / "results" / "compare" / "mine").values()
    assert {r.names["method"] for r in records if r.names["dataset"].startswith("diabetes")} == {"mine"}
    before = {k: r.time for k, r in read_records(here / "results" / "compare" / "mine").items()}
    again = mixsuite(
        "compare", "./mine.py", "--against", "mixup", *options, "--out", "other", "--reuse", "results/compare/mine"
    )
    assert (again.status, again.out) == (0, said.out)
    assert {k: r.time for k, r in read_records(here / "other").items()} == before
    refused = mixsuite("compare", "./mine.py", "--against", "mixup", *options, "--reuse", "nowhere")
    assert (refused.status, "--reuse nowhere: no results there" in refused.err) == (2, True)
