"""check, compare, show, list, new-method, new-dataset."""

import pytest
from support.folders import BASE, NOISE, write_folder

from mixsuite import api
from mixsuite.report.comparison import compare_results
from mixsuite.results.reading import load_results
from mixsuite.testing import Finding, kit


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("methods", "mixup  Convex"),
        ("datasets", "titanic  1,309 passengers"),
        ("models", "timm  A net of timm"),
        ("matrices", "quick"),
    ],
)
def test_list_shows_what_there_is(mixsuite, what, wanted):
    found = mixsuite("list", what)
    assert found.status == 0
    assert wanted in found.out


def test_methods_are_listed_as_markdown_and_nothing_else_is(mixsuite):
    assert mixsuite("list", "methods", "--format", "md").out.startswith("| method | what it does | pairing |")
    refused = mixsuite("list", "datasets", "--format", "md")
    assert (refused.status, refused.err) == (2, "mixsuite: --format md: for methods, not for datasets\n")


def test_a_comparison_is_printed_table_by_table(mixsuite, monkeypatch, tmp_path):
    values = {"mixup": BASE, "m": BASE - 0.05 + NOISE[0], "mixup(length=2)": BASE}
    out, got = write_folder(tmp_path, {"t": values}), {}

    def compare(variant, against, **asked):
        got.update(asked, variant=variant, against=against)
        return compare_results(load_results(out), "m", ["mixup"], ["mixup(length=2)"], out)

    monkeypatch.setattr(api, "compare", compare)
    found = mixsuite(
        "compare",
        "./m.py",
        "--against",
        "mixup",
        "--matrix",
        "some",
        "--seeds",
        "0-9",
        "--skip-check",
        "--stop-after",
        9,
    )
    assert (got["variant"], got["against"], got["matrix"], got["seeds"]) == ("./m.py", "mixup", "some", "0-9")
    assert got["stop_after"] == 9.0
    assert found.status == 0
    first, second = found.out.split("At equal compute: mixup trained on as many rows\n")
    assert "m against mixup: better on 1 of 1 task" in first
    assert "m against mixup(length=2): better on 1 of 1 task" in second
    assert found.err == f"written: {out}/against-*.csv\n"


def test_a_variant_with_a_problem_is_not_compared(mixsuite, monkeypatch):
    problem = Finding("problem", "plan is valid", "images, class", "t", "e", "s")
    monkeypatch.setattr("mixsuite.testing.check", lambda variant: [problem])
    monkeypatch.setattr(api, "compare", lambda *_, at_start, **__: at_start())
    found = mixsuite("compare", "./m.py")
    assert found.status == 1
    assert found.out == f"{problem}\n"
    assert found.err == "./m.py: 1 problems; mend them, or give --skip-check\n"


def test_check_counts_and_shows_what_is_not_as_it_should_be(mixsuite, monkeypatch):
    ok = Finding("ok", "applies", "images, class", "t", "e", "s")
    note = Finding("note", "it mixes", "images, class", "t", "e", "s")
    monkeypatch.setattr("mixsuite.testing.check", lambda method, domains: [ok, note])
    found = mixsuite("check", "some")
    assert (found.status, found.out) == (0, f"{note}\nsome: 0 problems, 1 to note, 1 ok\n")
    assert mixsuite("check", "some", "--all").out == f"{ok}\n{note}\nsome: 0 problems, 1 to note, 1 ok\n"
    assert kit.check is not None


def test_start_files_are_written_here(mixsuite, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert mixsuite("new-method", "mine").out == "written: mine.py; try it: mixsuite check ./mine.py\n"
    assert mixsuite("new-dataset", "rows").out == "written: rows.py; try it: mixsuite data verify ./rows.py\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.py", "rows.py"]


def test_a_picture_is_asked_for_with_its_options(mixsuite, monkeypatch, tmp_path):
    got = []
    monkeypatch.setattr("mixsuite.plots.page.show", lambda *given: got.append(given))
    found = mixsuite("show", "mixup", "wine(rows=24)", "-o", "x.png", "--seed", 3, "--examples", 2, "--data", tmp_path)
    assert found.out == "written: x.png\n"
    ((task, method, root, path, *rest),) = got
    assert (task.name, method.name, root, str(path), rest) == ("wine(rows=24)", "mixup", tmp_path, "x.png", [3, 2])
