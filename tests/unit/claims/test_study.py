"""Study files: keys, values and rules, checked where they enter."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from support.studies import TINY

from mixsuite.claims.study import Rule, load_study, read_study, study_names
from mixsuite.errors import InputError
from mixsuite.experiment.resolve import resolve
from mixsuite.report.convergence import not_stretched
from mixsuite.stats.paired import needed_seeds


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
        (('better = "higher"\nas_good', "relative = true\nas_good"), "a test of a relative difference needs a margin"),
        (('sourced = "recalled"', 'sourced = "heard"'), "sourced"),
        (('metric = "nll"\nbetter', 'metrik = "nll"\nbetter'), "metrik"),
        (('seeds = "0-9"', 'seeds = "9-0"'), "study tiny: full: seeds"),
        (("claim = ", "claim == "), "not TOML"),
        (("claimed = -0.05\n", ""), "tiny.toml: test 1, mixup against erm: the size that is claimed is missing"),
        (("claimed = -0.05\n", "claimed = nan\n"), "claimed"),
        (("claimed = -0.05\n", "claimed = 0\n"), "claimed = a number that is not 0"),
        (("claimed_ours = true\n", ""), "either claimed_source = where the paper has it, or claimed_ours"),
        (("claimed_ours = true\n", "claimed_ours = true\nclaimed_source = 'table 2'\n"), "claimed_source"),
        (("margin = 0.0\n", "margin = 0.02\n"), "margin=0.02 is more than a third of the claimed size -0.05"),
        (("margin = 0.0\n", "measure = 'ratio'\n"), "measure"),
        (("margin = 0.0\n", "relative = true\nmeasure = 'difference'\n"), "of a relative difference is the .log ratio"),
        (("margin = 0.0\n", "gain_over = 'erm'\nminus = 'letter'\n"), "gain_over has a bound of its own, keeps"),
        (
            ("at_most = 0.9", "at_most = 0.9\ngain_over = 'erm'"),
            "minus belong to a test with against, and so does gain_over",
        ),
        (("margin = 0.0\n", "keeps = 1.5\n"), "keeps"),
        (("margin = 0.0\n", "works = {method = 'cutmix', metric = 'nll', at_least = 1}\n"), "tiny, quick 'cutmix'"),
        (("margin = 0.0\n", "works = {method = 'erm', metric = 'x@pgd', at_least = 1}\n"), "tiny, quick 'pgd'"),
        (("\nours = ", "\nkind = 'law'\nours = "), "kind"),
        (("\nours = ", "\nregime = {train_error = 1}\nours = "), "train_error"),
        (("\nours = ", "\ntest_scale = {quick = 'huge'}\nours = "), "test_scale"),
    ],
)
def test_a_study_that_cannot_be_meant_is_refused(edit, said, tmp_path):
    path = tmp_path / "tiny.toml"
    assert edit[0] in TINY
    path.write_text(TINY.replace(*edit))
    with pytest.raises(InputError, match=said):
        read_study(path)


@pytest.mark.parametrize("name", study_names())
def test_every_study_can_be_decided_at_both_scales(name):
    study = load_study(name)
    for scale in ("quick", "full"):
        cells = resolve(study.matrix(scale))
        for rule in study.tests:
            assert any(_fits(rule, task.name) for task in cells.tasks), rule
        tasks = not_stretched(cells.tasks)
        paired = sum(_fits(rule, task.name) for rule in study.tests if not rule.bounded for task in tasks)
        assert len(cells.seeds) >= (needed_seeds(paired) if paired else 3)  # else nothing can be found
    assert not study.regime.converged or len(study.matrix("quick").lengths) == len(study.matrix("full").lengths) == 2
    assert study.test_scale.keys() == {"quick", "full"}
    assert study.how
    assert study.ours


def _fits(rule, task):
    return fnmatchcase(task, rule.tasks)


def test_the_margin_is_a_third_of_the_claimed_size_unless_it_is_given():
    rule = Rule(method="mixup", against="erm", claimed=-0.09)
    assert (rule.tolerance, rule.pooled_as) == (pytest.approx(0.03), "difference")
    assert rule.model_copy(update={"margin": 0.01}).tolerance == 0.01
    assert Rule(method="mixup", against="erm").tolerance is None
    assert Rule(method="mixup", at_most=1).pooled_as == "value"
    assert Rule(method="mixup", against="erm", relative=True, margin=0.1).pooled_as == "log ratio"
    assert Rule(method="m", against="mixup", gain_over="erm", as_good=True).pooled_as == "share of the gain"


def test_a_study_is_read_with_both_matrices(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    study = read_study(path)
    assert (study.name, study.matrix("quick").name, len(study.tests)) == ("tiny", "tiny", 4)
    assert study.matrix("quick").seeds == tuple(range(7))
    assert study.matrix("full").seeds == tuple(range(10))
    assert [rule.bounded for rule in study.tests] == [False, False, True, True]


def test_a_studys_own_files_are_taken_from_its_folder():
    methods = load_study("gan").quick["methods"]
    assert any(Path(method.split("(")[0]).is_absolute() for method in methods if ".py" in method)


def test_studies_are_found_by_name(tmp_path, monkeypatch):
    assert {"test_error", "gan", "cost"} <= set(study_names())
    with pytest.raises(InputError, match="unknown study 'test_eror'; did you mean 'test_error'"):
        load_study("test_eror")
    (tmp_path / "benchmarks" / "claims").mkdir(parents=True)
    (tmp_path / "benchmarks" / "claims" / "tiny.toml").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    assert load_study("tiny").claim == "mixup is better than erm."
