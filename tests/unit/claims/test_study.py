"""Studies: rules checked where they enter, sub-tests as by hand, verdicts by the table, rebuilt from records."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mixsuite.claims.published import published, read_published
from mixsuite.claims.run import as_markdown, decide, frame, write
from mixsuite.claims.study import Rule, load_study, read_study, study_names
from mixsuite.claims.judge import SubTest, sub_tests, verdict
from mixsuite.errors import InputError
from mixsuite.results.reading import load_results
from mixsuite.stats.paired import needed_seeds
from mixsuite.experiment.resolve import resolve

TINY = """
paper = "made up"
claim = "mixup is better than erm."
where = "nowhere"
sourced = "recalled"
how = "erm and mixup"
ours = "all of it"
[quick]
seeds = "0-6"
datasets = ["wine(rows=24)@short", "letter(rows=50)@short"]
methods = ["erm", "mixup", "mixup(length=2)"]
[quick.recipes.short]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 12
batch = 8
[full]
seeds = "0-9"
datasets = ["wine"]
methods = ["erm", "mixup", "mixup(length=2)"]
[[tests]]
method = "mixup"
against = "erm"
margin = 0.0
control = "mixup(length=2)"
[[tests]]
method = "mixup"
against = "erm"
metric = "nll"
better = "higher"
as_good = true
[[tests]]
method = "erm"
tasks = "wine*"
at_most = 0.9
[[tests]]
method = "erm"
tasks = "wine*"
metric = "nll"
at_least = 50
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """(folder, what was printed) of the tiny study, trained once; the letters are not in the data root."""
    from typer.testing import CliRunner

    from mixsuite.cli.app import app

    folder = tmp_path_factory.mktemp("claims")
    (folder / "benchmarks" / "claims").mkdir(parents=True)
    (folder / "benchmarks" / "claims" / "tiny.toml").write_text(TINY)
    (folder / "empty").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told = CliRunner().invoke(app, ["claims", "--only", "tiny", "--data", "empty", "--workers", "1"])
    return folder, told


def test_a_study_is_trained_judged_and_written(ran):
    folder, told = ran
    assert told.exit_code == 1, told.output  # the letters are not there
    table = pd.read_csv(folder / "results" / "claims.csv")
    assert list(table.columns[:14]) == [
        "id", "paper", "claim", "study", "metric", "effect", "low", "high", "n", "control", "control_effect", "verdict",
        "seconds", "sourced",
    ]  # fmt: skip
    assert len(table) == 6
    assert table["outcome"].str.startswith("not run: its data are not there").sum() == 2
    assert "letter-recognition.data is missing" in told.output
    assert (folder / "results" / "claims" / "tiny" / "claim.png").stat().st_size > 10_000


def test_effects_are_those_of_the_records(ran):
    folder, _ = ran
    out = folder / "results" / "claims" / "tiny"
    table = pd.read_csv(folder / "results" / "claims.csv")
    results = load_results(out)
    (task,) = results.manifest.tasks.values()
    values = {
        (method, metric): np.array([o.metrics[metric] for _, o in sorted(results.cell(task, method).ok.items())])
        for method in results.manifest.methods
        for metric in ("error", "nll")
    }
    d = values["mixup", "error"] - values["erm", "error"]
    first = table.iloc[0]
    assert first["n"] == 7
    assert first["effect"] == pytest.approx(d.mean(), rel=1e-4, abs=1e-12)
    low, high = stats.t.interval(0.95, 6, d.mean(), stats.sem(d)) if d.std() else (d.mean(), d.mean())
    assert (first["low"], first["high"]) == pytest.approx((low, high), rel=1e-4, abs=1e-9)
    control = values["mixup(length=2)", "error"] - values["erm", "error"]
    assert first["control_effect"] == pytest.approx(control.mean(), rel=1e-4, abs=1e-12)
    other = table[(table["metric"] == "nll") & table["effect"].notna()].iloc[0]
    assert other["effect"] == pytest.approx((values["mixup", "nll"] - values["erm", "nll"]).mean(), rel=1e-4)
    bounds = table[table["against"].str.startswith("at ", na=False)]
    assert bounds["outcome"].tolist() == ["better", "worse"]
    assert bounds.iloc[0]["high"] == pytest.approx(values["erm", "error"].max(), rel=1e-4)


def test_everything_is_rebuilt_from_the_records_byte_for_byte(ran, mixsuite, monkeypatch):
    folder, _ = ran
    monkeypatch.chdir(folder)
    out = folder / "results"
    kept = {name: (out / name).read_bytes() for name in ("claims.csv", "claims/tiny/claim.png")}
    records = sorted((out / "claims" / "tiny" / "records").iterdir())
    stamps = [path.stat().st_mtime_ns for path in records]
    for name in kept:
        (out / name).unlink()
    mixsuite("claims", "--only", "tiny", "--data", "empty")
    assert {name: (out / name).read_bytes() for name in kept} == kept
    assert [path.stat().st_mtime_ns for path in records] == stamps


def test_a_missing_seed_leaves_it_undecided(ran, tmp_path):
    folder, _ = ran
    shutil.copytree(folder / "results" / "claims" / "tiny", tmp_path / "tiny")
    (path,) = (tmp_path / "tiny" / "records").glob("*.jsonl")
    lines = [line for line in path.read_text().splitlines() if '"seed":3' not in line or '"name":"erm"' not in line]
    path.write_text("\n".join(lines) + "\n")
    found = decide(read_study(folder / "benchmarks" / "claims" / "tiny.toml"), "quick", tmp_path / "tiny", {})
    assert [test.outcome for test in found.tests] == [
        "not run: erm is incomplete",
        "not run: erm is incomplete",
        "not run: erm is incomplete",
        "not run: erm is incomplete",
    ]
    assert found.verdict == "undecided"
    assert frame([found])["verdict"].eq("undecided").all()


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        (["better", "better"], "holds"),
        (["better", "as good"], "holds"),
        (["better", "tie"], "holds in part"),
        (["better", "undecided"], "holds in part"),
        (["better", "not run: no data"], "holds in part"),
        (["better", "worse"], "does not hold here"),
        (["tie", "tie"], "does not hold here"),
        (["tie", "undecided"], "undecided"),
        (["not run: no data"], "undecided"),
        ([], "undecided"),
    ],
)
def test_the_verdict_on_a_claim(outcomes, wanted):
    assert verdict([SubTest("t", "error", "a", "b", outcome) for outcome in outcomes]) == wanted


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (('against = "erm"\nmargin = 0.0', "margin = 0.0"), "against, at_most or at_least, this one has none"),
        (("at_most = 0.9", "at_most = 0.9\nat_least = 0.1"), "one of at_most and at_least, this one has both"),
        (("at_most = 0.9", "at_most = 0.9\nmargin = 0.1"), "margin and as_good belong to a test without a bound"),
        (("at_most = 0.9", "at_most = 0.9\nminus = 'letter'"), "relative and minus belong to a test with against"),
        (("margin = 0.0\n", "margin = 0.0\nmetric = 'error@pgd'\n"), "probe of study tiny, quick 'pgd'"),
        (("margin = 0.0\n", "margin = 0.0\nminus = 'iris'\n"), "task of study tiny, quick 'iris'"),
        (('control = "mixup(length=2)"', 'control = "cutmix"'), "method of study tiny, quick 'cutmix'"),
        (("margin = 0.0\n", "relative = true\n"), "a test of a relative difference needs a margin"),
        (('sourced = "recalled"', 'sourced = "heard"'), "sourced"),
        (('metric = "nll"\nbetter', 'metrik = "nll"\nbetter'), "metrik"),
        (('seeds = "0-9"', 'seeds = "9-0"'), "study tiny: full: seeds"),
        (("claim = ", "claim == "), "not TOML"),
    ],
)
def test_a_study_that_cannot_be_meant_is_refused(edit, said, tmp_path):
    path = tmp_path / "tiny.toml"
    assert edit[0] in TINY
    path.write_text(TINY.replace(*edit))
    with pytest.raises(InputError, match=said):
        read_study(path)


def test_an_unknown_study_is_named(mixsuite):
    told = mixsuite("claims", "--only", "test_eror")
    assert told.status == 2
    assert "test_error" in told.err


@pytest.mark.parametrize("name", study_names())
def test_every_study_can_be_decided_at_both_scales(name):
    study = load_study(name)
    for scale in ("quick", "full"):
        cells = resolve(study.matrix(scale))
        for rule in study.tests:
            assert any(_fits(rule, task.name) for task in cells.tasks), rule
        paired = sum(_fits(rule, task.name) for rule in study.tests if not rule.bounded for task in cells.tasks)
        assert len(cells.seeds) >= (needed_seeds(paired) if paired else 3)  # else nothing can be found
    assert study.how
    assert study.ours


def _fits(rule, task):
    from fnmatch import fnmatchcase

    return fnmatchcase(task, rule.tasks)


def test_a_rule_that_names_no_task_gives_no_sub_test(ran):
    folder, _ = ran
    study = read_study(folder / "benchmarks" / "claims" / "tiny.toml")
    rules = (Rule(method="mixup", against="erm", tasks="nothing*"),)
    results = load_results(folder / "results" / "claims" / "tiny")
    assert sub_tests(study.model_copy(update={"tests": rules}), results, {}) == []


KINDS = """
paper = "made up"
claim = "every kind of rule"
where = "nowhere"
sourced = "recalled"
how = "erm and mixup"
ours = "all of it"
[quick]
seeds = "0-6"
datasets = ["wine(rows=24)@short", "wine(rows=24)@longer"]
methods = ["erm", "mixup", "mixup(length=2)"]
[quick.recipes.short]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 12
batch = 8
[quick.recipes.longer]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 24
batch = 8
[full]
seeds = "0-9"
datasets = ["wine", "wine(rows=24)@short"]
methods = ["erm", "mixup", "mixup(length=2)"]
[full.recipes.short]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 12
batch = 8
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "nll"
at_most = 10
control = "mixup(length=2)"
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "nll"
at_least = 10
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "nll"
relative = true
margin = 0.01
control = "mixup(length=2)"
[[tests]]
tasks = "*longer"
method = "mixup"
against = "erm"
metric = "nll"
minus = "wine(rows=24)@short"
better = "higher"
control = "mixup(length=2)"
[[tests]]
tasks = "*short"
method = "mixup"
metric = "brier"
at_most = 2
control_metric = "nll"
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "seconds"
relative = true
margin = 1000
as_good = true
"""
FIGURES = "paper,table,dataset,model,method,metric,value,selection_rule,n,study,task,our_method,our_metric\n"


@pytest.fixture(scope="module")
def kinds(ran, tmp_path_factory):
    """(folder, values by task, method and metric, rows of the table, what was printed) of a study of every kind."""
    from typer.testing import CliRunner

    from mixsuite.cli.app import app

    folder = tmp_path_factory.mktemp("kinds") / "copy"  # other tests look at what is in the first
    shutil.copytree(ran[0], folder)
    (folder / "benchmarks" / "claims" / "kinds.toml").write_text(KINDS)
    figure = 'made up,a table,wine,mlp,mixup,"test error, %",12.5,last,1,kinds,wine(rows=24)@short,mixup,error\n'
    (folder / "benchmarks" / "published.csv").write_text(FIGURES + figure)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told = CliRunner().invoke(app, ["claims", "--only", "kinds", "--data", "empty", "--workers", "1"])
    results = load_results(folder / "results" / "claims" / "kinds")
    values = {
        (task.name.split("@")[1], method, metric): np.array(
            [(o.metrics | o.costs)[metric] for _, o in sorted(results.cell(task, method).ok.items())]
        )
        for task in results.manifest.tasks.values()
        for method in results.manifest.methods
        for metric in ("error", "nll", "brier", "seconds")
    }
    table = pd.read_csv(folder / "results" / "claims.csv")
    assert told.exit_code == 0, told.output
    return folder, values, table[table["id"] == "kinds"].reset_index(drop=True), told


def test_every_kind_of_effect_is_as_by_hand(kinds):
    _, v, rows, _ = kinds
    short = {m: v["short", m, "nll"] for m in ("erm", "mixup", "mixup(length=2)")}
    longer = {m: v["longer", m, "nll"] for m in short}
    d = short["mixup"] - short["erm"]
    share = d / short["erm"]
    change = (longer["mixup"] - longer["erm"]) - d
    wanted = [
        (d.mean(), d.min(), d.max(), (short["mixup(length=2)"] - short["erm"]).mean()),
        (d.mean(), d.min(), d.max(), None),
        (share.mean(), *stats.t.interval(0.95, 6, share.mean(), stats.sem(share)),
         (short["mixup(length=2)"] / short["erm"] - 1).mean()),
        (change.mean(), *stats.t.interval(0.95, 6, change.mean(), stats.sem(change)),
         (longer["mixup(length=2)"] - longer["erm"] - short["mixup(length=2)"] + short["erm"]).mean()),
        (v["short", "mixup", "brier"].mean(), v["short", "mixup", "brier"].min(), v["short", "mixup", "brier"].max(),
         short["mixup"].mean()),
    ]  # fmt: skip
    for row, numbers in zip(rows.itertuples(), wanted, strict=False):
        found = (row.effect, row.low, row.high, row.control_effect)
        for one, other in zip(found, numbers, strict=True):
            assert other is None or one == pytest.approx(other, rel=1e-4, abs=1e-8), row
    assert rows["n"].tolist() == [7] * 6
    assert rows["outcome"].iloc[[0, 1, 4, 5]].tolist() == ["better", "worse", "better", "as good"]
    assert rows["against"].tolist()[:5] == [
        "erm, at most 10", "erm, at least 10", "erm", "erm, minus wine(rows=24)@short", "at most 2",
    ]  # fmt: skip
    assert rows["control"][4] == "nll of mixup"
    ratio = v["short", "mixup", "seconds"] / v["short", "erm", "seconds"] - 1
    assert rows["effect"][5] == pytest.approx(ratio.mean(), rel=1e-3)


def test_the_direction_of_an_interaction_is_that_of_the_claim(kinds):
    folder, *_ = kinds
    study = read_study(folder / "benchmarks" / "claims" / "kinds.toml")
    results = load_results(folder / "results" / "claims" / "kinds")
    (rule,) = (rule for rule in study.tests if rule.minus)
    outcomes = {}
    for better in ("higher", "lower"):
        tests = (rule.model_copy(update={"better": better, "margin": 0.0}),)
        (outcomes[better],) = sub_tests(study.model_copy(update={"tests": tests}), results, {})
    assert outcomes["higher"].effect == outcomes["lower"].effect
    words = {outcomes[better].outcome for better in outcomes}
    assert words in ({"better", "worse"}, {"undecided"})
    if words == {"better", "worse"}:
        assert (outcomes["higher"].outcome == "better") == (outcomes["higher"].effect > 0)


def lines_of(folder, name):
    return {
        line
        for path in (folder / "results" / "claims" / name / "records").iterdir()
        for line in path.read_text().splitlines()
    }


def test_what_one_study_has_trained_another_takes_over(kinds, mixsuite, monkeypatch):
    folder, *_ = kinds
    monkeypatch.chdir(folder)
    (folder / "benchmarks" / "claims" / "again.toml").write_text(TINY)
    mixsuite("claims", "--only", "again", "--data", "empty", "--workers", "1")
    assert len(lines_of(folder, "again")) == 21
    assert lines_of(folder, "again") <= lines_of(folder, "tiny") | lines_of(folder, "kinds")  # dates included
    # A study of times trains its runs itself, though the same ones are there.
    assert len(lines_of(folder, "kinds")) == 42
    assert not lines_of(folder, "kinds") & lines_of(folder, "tiny")


def test_rows_of_other_studies_stay_in_the_table(kinds):
    folder, *_ = kinds
    table = pd.read_csv(folder / "results" / "claims.csv")
    assert [name for name in table["id"].drop_duplicates() if name != "again"] == ["kinds", "tiny"]
    assert (table["id"] == "tiny").sum() == 6


def test_a_papers_figure_stands_beside_ours(kinds):
    folder, v, _, told = kinds
    (row,) = pd.read_csv(folder / "results" / "claims_published.csv").itertuples()
    errors = 100 * v["short", "mixup", "error"]
    assert (row.value, row.seeds) == (12.5, 7)
    assert row.ours == pytest.approx(errors.mean(), rel=1e-5)
    assert (row.low, row.high) == pytest.approx(stats.t.interval(0.95, 6, errors.mean(), stats.sem(errors)), rel=1e-4)
    assert "published, and ours:" in told.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FIGURES.replace("value", "figure"), "its columns must be paper, table"),
        (FIGURES + "p,t,d,m,mixup,error,about 5,last,1,,,,\n", "line 2: value='about 5' is no number"),
        (FIGURES + "p,t,d,m,mixup,error,inf,last,1,,,,\n", "line 2: value='inf' is no number"),
        ("", "cannot be read as a table"),
    ],
)
def test_figures_that_cannot_be_meant_are_refused(text, said, tmp_path):
    (tmp_path / "published.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_published(tmp_path / "published.csv")


def test_every_figure_of_a_paper_names_what_a_study_has():
    from mixsuite.experiment.resolve import resolve_method

    figures = published()
    assert len(figures) >= 100
    assert (figures["paper"] == "mixup (1710.09412)").all()  # of the others no table was at hand
    for row in figures[figures["study"] != ""].itertuples():
        cells = resolve(load_study(row.study).matrix("quick"))
        assert row.task in {task.name for task in cells.tasks}, row
        assert resolve_method(row.our_method).name in {method.name for method in cells.methods}, row
        probe = row.our_metric.partition("@")[2]
        assert not probe or probe in {one.name for one in cells.probes}, row
    assert (figures[["task", "our_method", "our_metric"]].ne("").all(axis=1) == figures["study"].ne("")).all()


REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "claims"
COMMITTED = {"claims.csv", "claims_published.csv", *(f"claims/{name}/claim.png" for name in study_names())}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A copy of the committed runs, with tables and pictures made from them anew."""
    copy = tmp_path_factory.mktemp("reference") / "claims"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("claim.png"))
    write([decide(load_study(name), "quick", copy / name, {}) for name in study_names()], copy)
    return copy


def test_every_study_has_committed_runs_and_a_verdict(reference):
    table = pd.read_csv(REFERENCE.with_name("claims.csv"))
    assert table["id"].drop_duplicates().tolist() == study_names()
    assert not table["outcome"].str.startswith("not run").any()
    assert table["effect"].notna().all()
    for path in REFERENCE.rglob("*"):
        assert not path.is_file() or path.stat().st_size < 3_000_000, path


@pytest.mark.parametrize("name", sorted(COMMITTED))
def test_committed_tables_and_pictures_are_made_from_the_records_byte_for_byte(name, reference):
    assert (reference.parent / name).read_bytes() == (REFERENCE.parent / name).read_bytes()


def test_the_readme_shows_the_table():
    readme = (REFERENCE.parents[2] / "README.md").read_text()
    shown = as_markdown(pd.read_csv(REFERENCE.with_name("claims.csv")))
    mark = "<!-- made by the tool: mixsuite claims --out results/reference/claims --format md -->"
    assert f"{mark}\n{shown}\n" in readme


def test_what_theory_and_the_papers_figures_ask_for(reference):
    """Anchors: if these fail, the suite has lost something, whatever the verdicts say."""
    table = pd.read_csv(REFERENCE.with_name("claims.csv"))
    rare = table[(table["id"] == "rare_features") & (table["metric"] == "rare@features")].set_index("method")
    assert rare["effect"]["erm"] == pytest.approx(0.5, abs=0.1)
    assert rare["high"]["all_pairs"] < 0.25
    law = table[table["metric"] == "law@gradient_variance"]
    assert len(law) == 4
    assert law["high"].max() < 3
    figures = pd.read_csv(REFERENCE.with_name("claims_published.csv"))
    (abalone,) = figures[(figures["dataset"] == "abalone") & (figures["our_method"] == "erm")].itertuples()
    assert abalone.value == 74.0
    assert abalone.ours == pytest.approx(74, abs=1.5)
