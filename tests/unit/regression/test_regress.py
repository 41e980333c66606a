"""Did anything change, where did it begin, and is it real?"""

import pandas as pd
import pytest
import torch
from support.baselines import shift

from mixsuite.errors import InputError
from mixsuite.regression.regress import differences
from mixsuite.regression.text import as_text


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


def test_the_margin_is_the_baselines(changed):
    """A wider margin in the tree under test makes nothing pass; one that was accepted does."""
    assert changed(lambda frame: shift(frame, -0.05)).status == 1

    def wide(frame):
        shift(frame, -0.05)
        frame.loc[frame["run_id"] != "", "margin"] = "0.2"

    found = changed(wide)
    assert (found.changes[1].verdict, found.status) == ("equal within margin", 0)


def test_differences_are_told_by_name_and_hashes_without_their_value():
    then, now = {"core": "a", "torch": "2.0", "same": "1"}, {"core": "b", "torch": "2.1", "same": "1", "more": "x"}
    assert differences(then, now) == "core, torch 2.0 -> 2.1, more none -> x"
    assert differences(then, then) == ""
