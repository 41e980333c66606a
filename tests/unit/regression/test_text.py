"""A comparison as text, Markdown or JSON."""

import json

from support.baselines import shift

from mixsuite.regression.text import as_dict, as_text


def test_json_and_markdown_say_the_same(changed):
    found = changed(lambda frame: shift(frame, -0.05))
    value = json.loads(as_text(found, "json"))
    assert value == as_dict(found)
    assert [cell["verdict"] for cell in value["cells"]] == ["same", "worse"]
    assert value["status"] == 1
    page = as_text(found, "md")
    assert page.startswith("### regression: 1 same, 1 worse")
    assert "| worse |" in page
    assert "- again: mixsuite run " in page


def test_what_is_the_same_is_counted_and_not_listed(changed):
    text = as_text(changed(lambda frame: None))
    assert "no regression: 2 same" in text
    assert "again:" not in text


def test_a_worse_cell_is_listed_with_what_makes_it_again(changed):
    text = as_text(changed(lambda frame: shift(frame, -0.05)))
    assert "regression: 1 same, 1 worse" in text
    assert "again: mixsuite run " in text
    assert "weights" in text


def test_further_metrics_that_moved_are_shown_and_not_gated(changed):
    def edit(frame):
        shift(frame, -0.05)
        rows = (frame["method"] == "mixup") & (frame["metric"] == "nll")
        frame.loc[rows, "value"] = (frame.loc[rows, "value"].astype(float) + 1).astype(str)

    assert "Further metrics of these cells (shown, not gated)" in as_text(changed(edit))
