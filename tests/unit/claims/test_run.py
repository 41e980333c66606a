"""Studies are run, decided and written; everything is rebuilt from records."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.folders import BASE, NOISE, write_folder
from support.studies import TINY

from mixsuite.claims import published as published_module
from mixsuite.claims.run import (
    as_markdown,
    as_text,
    decide,
    frame,
    not_there,
    overview,
    published_path,
    register,
    run_study,
    table_path,
    write,
)
from mixsuite.claims.study import Rule, Study
from mixsuite.execution.planning import Options

STUDY = Study(
    name="s", paper="made up (2020)", claim="m is better.", where="nowhere", sourced="recalled", how="how", ours="all",
    tests=(Rule(method="mixup", against="erm"),), quick={}, full={},
)  # fmt: skip


@pytest.fixture
def found(tmp_path):
    """found(name, values of mixup): what a study came to, on a folder of made-up records."""

    def make(name, values):
        out = write_folder(tmp_path / "claims" / name, {"t": {"erm": BASE, "mixup": values}})
        return decide(STUDY.model_copy(update={"name": name}), "quick", out, {})

    return make


def test_records_are_decided_without_training(found):
    one = found("s", BASE - 0.05 + NOISE[0])
    assert (one.verdict, one.scale, one.seconds) == ("holds", "quick", 20.0)
    assert [test.outcome for test in one.tests] == ["better"]
    assert len(one.figures) == 0


def test_the_claims_verdict_stands_in_each_of_its_rows(found):
    table = frame([found("s", BASE - 0.05 + NOISE[0]), found("t", BASE)])
    assert table[["id", "verdict", "task", "outcome"]].to_numpy().tolist() == [
        ["s", "holds", "t", "better"], ["t", "does not hold here", "t", "tie"],
    ]  # fmt: skip
    (first, second) = overview(table).to_dict("records")
    assert (first["study"], first["paper"], first["sub-tests"], first["verdict"]) == (
        "s",
        "made up",
        "1 better",
        "holds",
    )
    assert second["sub-tests"] == "1 tie"


def test_the_effect_over_tasks_stands_in_each_row_of_its_rule(found):
    one = found("s", BASE - 0.05 + NOISE[0])
    (row,) = frame([one]).to_dict("records")
    (part,) = one.parts
    assert (row["conclusion"], row["finding"], row["part"], row["test_scale"], row["kind"]) == (
        "supported", "supports", "supports", "reduced", "claim",
    )  # fmt: skip
    assert (row["measure"], row["scope"], row["data_sets"]) == ("difference", "these tasks", 1)
    assert (row["pooled"], row["pooled_low"]) == (part.pooled.value, part.low)
    assert np.isnan(row["claimed"])


def test_checks_are_no_claims_of_the_register(found):
    check = replace(found("c", BASE), study=STUDY.model_copy(update={"name": "c", "kind": "check"}))
    ours = replace(found("o", BASE), study=STUDY.model_copy(update={"name": "o", "kind": "ours"}))
    told = register(frame([check, ours, found("s", BASE - 0.05 + NOISE[0])]))
    assert told.startswith("2 claims, 1 of them ours: 1 no difference seen, 1 supported.")


def test_tasks_that_a_folder_lacks_are_not_run_yet(tmp_path):
    quick = {"seeds": "0-6", "lengths": [1, 2], "datasets": ["wine", "iris"], "methods": ["erm", "mixup"]}
    study = STUDY.model_copy(update={"quick": quick})
    out = write_folder(tmp_path, {"wine": {"erm": BASE, "mixup": BASE}})
    lacking = not_there(study, "quick", out)
    assert lacking == {"iris": "there is no run yet"}
    one = decide(study, "quick", out, lacking)
    assert (one.conclusion, [test.finding for test in one.tests]) == ("not run", ["no difference seen", "not run"])


def test_rows_of_other_studies_stay_when_one_is_written(found, tmp_path):
    out = tmp_path / "claims"
    write([found("b", BASE - 0.05 + NOISE[0])], out)
    write([found("a", BASE)], out)
    table = pd.read_csv(table_path(out))
    assert table["id"].tolist() == ["a", "b"]
    write([found("b", BASE)], out)
    assert pd.read_csv(table_path(out))["verdict"].tolist() == ["does not hold here"] * 2
    assert {path.name for path in tmp_path.glob("claims*")} == {"claims", "claims.csv", "claims_published.csv"}
    assert published_path(out).is_file()
    assert (out / "a" / "claim.png").read_bytes().startswith(b"\x89PNG")


def test_a_table_of_another_version_is_written_anew(found, tmp_path):
    out = tmp_path / "claims"
    out.mkdir()
    table_path(out).write_text("id,former\nz,1\n")
    write([found("a", BASE)], out)
    assert pd.read_csv(table_path(out))["id"].tolist() == ["a"]


def test_findings_are_told_with_the_papers_figures(found):
    one = found("s", BASE - 0.05 + NOISE[0])
    text = as_text([one])
    assert text.startswith("s: supported (verdict: holds)\nm is better.\n")
    assert text.endswith(
        "1 claims, 0 of them ours: 1 supported. Were all of them tested and none had an effect, 5 % at most would be called supported or contradicted by chance: 0.1. Of the 1 that are tested, 1 are so called."
    )
    assert "published, and ours:" not in text
    figures = pd.DataFrame([dict.fromkeys(published_module.COLUMNS, "x")])
    told = as_text([replace(one, figures=figures)])
    assert "published, and ours:" in told
    assert as_markdown(frame([one])).splitlines()[2] == (
        "| m is better. | supported | claim | made up | reduced | 1 supports | 1 better | holds | s |"
    )


def test_tasks_whose_data_are_not_there_are_left_out_and_named(tmp_path, in_process):
    quick = {"seeds": "0", "lengths": [1, 2], "datasets": ["letter", "letter(rows=50)"], "methods": ["erm", "mixup"]}
    study = STUDY.model_copy(update={"quick": quick})
    one = run_study(study, "quick", Options(tmp_path / "claims" / "s", tmp_path))
    assert [test.outcome.split(": ")[:2] for test in one.tests] == [["not run", "its data are not there"]] * 2
    assert one.verdict == "undecided"
    assert not (tmp_path / "claims" / "s" / "records").exists()


@pytest.mark.slow
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


@pytest.mark.slow
def test_everything_is_rebuilt_from_the_records_byte_for_byte(ran, in_process, mixsuite, monkeypatch, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(ran[0], folder)
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


def lines_of(folder, name):
    """The lines of a study's records, without the number that the folder gives them."""
    return {
        re.sub('"sequence":.*', "", line)
        for path in (folder / "results" / "claims" / name / "records").iterdir()
        for line in path.read_text().splitlines()
    }


@pytest.mark.slow
def test_what_one_study_has_trained_another_takes_over(kinds, in_process, mixsuite, monkeypatch, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(kinds[0], folder)
    monkeypatch.chdir(folder)
    (folder / "benchmarks" / "claims" / "again.toml").write_text(TINY)
    mixsuite("claims", "--only", "again", "--data", "empty", "--workers", "1")
    assert len(lines_of(folder, "again")) == 21
    assert lines_of(folder, "again") <= lines_of(folder, "tiny") | lines_of(folder, "kinds")  # dates included
    # A study of times trains its runs itself, though the same ones are there.
    assert len(lines_of(folder, "kinds")) == 42
    assert not lines_of(folder, "kinds") & lines_of(folder, "tiny")


@pytest.mark.slow
def test_rows_of_other_studies_stay_in_the_table(kinds):
    folder, *_ = kinds
    table = pd.read_csv(folder / "results" / "claims.csv")
    assert [name for name in table["id"].drop_duplicates() if name != "again"] == ["kinds", "tiny"]
    assert (table["id"] == "tiny").sum() == 6


def test_calls_at_once_keep_each_others_rows(found, monkeypatch, tmp_path):
    monkeypatch.setattr("mixsuite.claims.run.draw", lambda *_: None)  # matplotlib has one thread
    findings = [found(f"s{n}", BASE - 0.01 * n + NOISE[0]) for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: write([one], tmp_path / "claims"), findings))
    assert pd.read_csv(tmp_path / "claims.csv")["id"].tolist() == [f"s{n}" for n in range(6)]
