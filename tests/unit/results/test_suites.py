"""Suites of OpenML: made-up answers in the form that its interface documents; nothing is asked of the site."""

import io
import json
import urllib.error
from http.client import BadStatusLine

import pytest

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.results import suites
from mixsuite.results.suites import as_matrix, ask_openml, read_suite, write_suite


def answers(ids=("3", "31", "3", "507"), names=None, drop=()):
    """What the site says of a suite."""
    study = {
        "study": {
            "id": "99", "alias": "OpenML-CC18", "main_entity_type": "task", "name": "OpenML-CC18 Curated",
            "data": {"data_id": list(ids)}, "tasks": {"task_id": ["3", "31", "3", "4"]},
        }
    }  # fmt: skip
    facts = {"3": ("kr-vs-kp", 3196, 2), "31": ("credit-g", 1000, 2), "507": ("space_ga", 3107, 0)}
    asked = []

    def ask(path):
        asked.append(path)
        if path == "study/99":
            return json.dumps(study).encode()
        assert path.startswith("data/list/data_id/")
        found = []
        for did in path.split("/")[3].split(","):
            name, rows, classes = facts.get(did, (f"set {did}", 10, 2))
            quality = {"NumberOfInstances": f"{rows}.0", "NumberOfClasses": f"{classes}.0", "NumberOfFeatures": "5.0"}
            one = {
                "did": int(did), "name": (names or {}).get(did, name), "version": 1, "status": "active",
                "format": "ARFF", "quality": [{"name": key, "value": value} for key, value in quality.items()],
            }  # fmt: skip
            found += [] if did in drop else [one]
        return json.dumps({"data": {"dataset": found}}).encode()

    return ask, asked


def test_a_suite_becomes_a_matrix_that_trains_on_each_of_its_tables(tmp_path):
    ask, _ = answers()
    suite = write_suite(99, tmp_path / "cc18.toml", ask)
    assert [table.entry for table in suite.tables] == ["openml:3", "openml:31", "openml:507(kind=regression)"]
    experiment = resolve(load_matrix(str(tmp_path / "cc18.toml")))
    assert [task.shown_dataset for task in experiment.tasks] == [
        "openml:3", "openml:31", 'openml:507(kind="regression")',
    ]  # fmt: skip
    assert "# OpenML's suite 99, OpenML-CC18 Curated: 3 tables." in (tmp_path / "cc18.toml").read_text()
    with pytest.raises(InputError, match=r"cc18.toml exists; remove it, or name another file"):
        write_suite(99, tmp_path / "cc18.toml", ask)


def test_many_are_asked_for_in_parts(monkeypatch):
    monkeypatch.setattr(suites, "_TOGETHER", 3)
    ask, asked = answers([str(number) for number in range(1, 9)])
    assert len(read_suite(99, ask).tables) == 8
    assert len(asked) == 1 + 3


def test_a_strangers_name_stays_in_its_comment(tmp_path):
    ask, _ = answers(names={"31": 'credit\n"]\nseeds = "0-999"\n#\x1b[31m'})
    text = as_matrix(read_suite(99, ask))
    (tmp_path / "m.toml").write_text(text)
    assert load_matrix(str(tmp_path / "m.toml")).seeds == tuple(range(12))
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>", r"its answer for suite 99 is not of the form that is known$"),
        (b'{"error": {"code": "601", "message": "Unknown suite"}}', r"known \(study: Field required\)"),
        (b'{"study": {"name": "x", "data": {"data_id": []}}}', r"known \(study.data.data_id: List should have"),
        (b'{"study": {"name": "x", "data": {"data_id": ["1); import"]}}}', r"known \(study.data.data_id.0: Input"),
        (b'{"study": {"name": "x", "data": {"data_id": [-1]}}}', r"known \(study.data.data_id.0: Input"),
        (b"[" * 100_000, r"its answer for suite 99 is not of the form"),
    ],
)
def test_what_is_no_suite_is_refused_in_a_line(content, said):
    with pytest.raises(InputError, match=rf"^openml.org: .*{said}"):
        read_suite(99, lambda path: content)


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        ([], "data set 3 has no NumberOfInstances"),
        ([{"name": "NumberOfInstances", "value": "10"}], "data set 3 has no NumberOfClasses"),
        ([{"name": "NumberOfInstances", "value": None}], "data set 3 has no NumberOfInstances"),
        ([{"name": "NumberOfInstances", "value": "nan"}], "data set 3 has no NumberOfInstances"),
        ([{"name": "NumberOfInstances", "value": "inf"}], "data set 3 has no NumberOfInstances"),
    ],
)
def test_a_data_set_that_does_not_say_what_it_is_is_named(quality, said):
    ask, _ = answers(["3"])
    listing = {"data": {"dataset": [{"did": 3, "name": "x", "quality": quality}]}}
    with pytest.raises(InputError, match=said):
        read_suite(99, lambda path: ask(path) if path == "study/99" else json.dumps(listing).encode())


def test_one_that_should_not_be_used_any_more_says_so():
    ask, _ = answers(["3"])
    quality = [{"name": "NumberOfInstances", "value": 9}, {"name": "NumberOfClasses", "value": -1}]
    listing = {"data": {"dataset": [{"did": 3, "name": "x", "status": "deactivated", "quality": quality}]}}
    text = as_matrix(read_suite(99, lambda path: ask(path) if path == "study/99" else json.dumps(listing).encode()))
    assert '"openml:3(kind=regression)",  # x: 9 rows, numbers, deactivated\n' in text


def test_a_data_set_that_is_not_listed_is_named():
    ask, _ = answers(drop=["31"])
    with pytest.raises(InputError, match=r"^openml.org: suite 99 has the data set 31, which is not listed$"):
        read_suite(99, ask)


def test_no_network_and_a_very_long_answer_are_one_line(monkeypatch):
    def refuse(address, timeout):
        assert address == "https://www.openml.org/api/v1/json/study/99"
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(suites.urllib.request, "urlopen", refuse)
    with pytest.raises(InputError, match=r"^openml.org: no answer for study/99 \(no route\)$"):
        ask_openml("study/99")
    monkeypatch.setattr(
        suites.urllib.request, "urlopen", lambda address, timeout: (_ for _ in ()).throw(BadStatusLine("x"))
    )
    with pytest.raises(InputError, match=r"^openml.org: no answer for study/99 \(x\)$"):
        ask_openml("study/99")
    monkeypatch.setattr(suites, "_LARGEST", 10)
    monkeypatch.setattr(suites.urllib.request, "urlopen", lambda address, timeout: io.BytesIO(b"x" * 11))
    with pytest.raises(InputError, match="has over 10 bytes"):
        ask_openml("study/99")
    monkeypatch.setattr(suites.urllib.request, "urlopen", lambda address, timeout: io.BytesIO(b"x" * 10))
    assert ask_openml("study/99") == b"x" * 10


def test_the_command_line_writes_it(tmp_path, monkeypatch, mixsuite):
    ask, _ = answers()
    monkeypatch.setattr(suites, "ask_openml", ask)
    monkeypatch.chdir(tmp_path)
    found = mixsuite("data", "suite", "openml-suite:99")
    assert (found.status, found.err) == (0, "")
    assert "openml_suite_99.toml: 3 tables (OpenML-CC18 Curated)" in found.out
    assert (tmp_path / "openml_suite_99.toml").is_file()
    for wrong in ("openml-suite:x", "openml:99", "openml-suite:0"):
        assert mixsuite("data", "suite", wrong).status == 2
