"""A comparison in short: it fits, its numbers are the table's, and one sentence sums it up."""

import re

import pytest
from support.folders import BASE, NOISE

from mixsuite.report.comparison import against
from mixsuite.report.short import as_text, difference, sentence, short_rows
from mixsuite.results.reading import load_results

GOOD = BASE - 0.05 + NOISE[0]
LONG = "a_long_data_set(rows=300, test=0.6, label_noise=0.5)@with_a_recipe"


@pytest.fixture
def compared(folder):
    skipped = {("u", "m(alpha=0.4)"): {"status": "skipped", "reason": "for images", "metrics": {}}}
    values = {"erm": BASE, "m(alpha=0.4)": GOOD}
    return against(
        load_results(folder({"t": values, "u": values, LONG: {"erm": BASE, "m(alpha=0.4)": BASE}}, skipped)),
        "m(alpha=0.4)",
        "erm",
    )


def test_a_row_has_both_means_the_difference_its_interval_the_verdict_and_the_cost(compared):
    head, first, second = short_rows(compared)
    assert head == ["error", "m(alpha=0.4)", "erm", "difference [95 %]", "verdict", "rows"]
    row = compared.table.set_index("task").loc["t"]
    assert first == [
        "t", f"{GOOD.mean():.3g}±{GOOD.std(ddof=1):.2g}", f"{BASE.mean():.3g}±{BASE.std(ddof=1):.2g}",
        f"{row['diff']:+.2g} [{row['diff_low']:+.2g}, {row['diff_high']:+.2g}]", "better", "1x",
    ]  # fmt: skip
    assert second[3:5] == ["0 [+0, +0]", "tie"]


def test_text_fits_a_hundred_columns_and_says_why_a_task_has_no_verdict(compared):
    lines = as_text(compared).splitlines()
    assert max(map(len, lines[:-1])) <= 100
    assert re.match(r"^a_long_dat…th_a_recipe\s+0\.\d+±", lines[2])
    assert lines[-3:-1] == [
        "u: skipped: m(alpha=0.4): for images",
        "converged: not looked (--lengths 2 trains for longer, too)",
    ]
    assert lines[-1] == sentence(compared)


def test_the_sentence_counts_verdicts_and_names_the_cost(compared):
    assert sentence(compared) == (
        "m(alpha=0.4) against erm: better on 1, equal on 1 of 2 tasks, for 1.00 x the rows, roughly 1 x the time."
    )


def test_the_states_of_convergence_have_a_column_where_they_were_looked_for(folder):
    short = {"erm": BASE, "m": GOOD}
    tasks = {"t": short, "t@r×2": short, "u": short, "u@r×2": {"erm": BASE, "m": GOOD - 0.1}}
    found = against(load_results(folder(tasks)), "m", "erm")
    head, *rows = short_rows(found)
    assert head[4:6] == ["verdict", "conv."]
    assert [(row[0], *row[4:6]) for row in rows] == [("t", "better", "yes"), ("u", "better", "no")]
    assert sentence(found).startswith("m against erm: better on 1, not converged on 1 of 2 tasks, ")
    assert found.line.startswith("m against erm: 1 better, 0 tie, 0 worse, 0 undecided, 1 not converged; ")
    assert r"\begin{tabular}{lrrrllr}" in as_text(found, "latex")
    assert "not looked" not in as_text(found)


def test_nothing_to_compare_is_said(folder):
    skipped = {("t", "m"): {"status": "skipped", "reason": "for images", "metrics": {}}}
    found = against(load_results(folder({"t": {"erm": BASE, "m": GOOD}}, skipped)), "m", "erm")
    assert as_text(found) == "t: skipped: m: for images\nm against erm: no task where both apply."


def test_markdown_and_latex_have_every_name_whole(compared):
    md, latex = as_text(compared, "md"), as_text(compared, "latex")
    assert f"| {LONG} |" in md
    assert "- u: skipped: m(alpha=0.4): for images" in md
    assert LONG.replace("_", r"\_") in latex
    assert latex.count(r"\\") == 3
    assert all(line.startswith(("%", "\\", "error", "t &", "a\\_long")) for line in latex.splitlines())
    assert r"$\pm$" in latex


def test_seeds_that_are_needed_and_two_metrics_are_told(folder):
    few = {"erm": BASE[:3], "m": GOOD[:3]}
    rows = short_rows(against(load_results(folder({"t": few})), "m", "erm"))
    assert rows[1][4] == "needs 6"
    assert rows[0][0] == "error"


@pytest.mark.parametrize(("diff", "shown"), [(0.0, "0"), (-3.5e-19, "0"), (1e-9, "+1e-09"), (-0.25, "-0.25")])
def test_what_rounding_leaves_of_no_difference_is_0(diff, shown):
    row = {"diff": diff, "mean": 0.04, "diff_low": -0.3, "diff_high": 0.2}
    assert difference(row) == f"{shown} [-0.3, +0.2]"
