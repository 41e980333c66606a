"""What there is to run, as text and as a table."""

import pytest

from mixsuite.plugins.kinds import DATASET, METHOD, PROBE, builtin_files
from mixsuite.plugins.listing import COLUMNS, as_text, facts, methods_table


@pytest.mark.parametrize("kind", [METHOD, DATASET, PROBE], ids=lambda kind: kind.name)
def test_every_plugin_is_listed_with_what_it_does(kind):
    listed = facts(kind)
    assert [item["name"] for item in listed] == list(builtin_files(kind))
    assert all(item["about"] for item in listed)
    text = as_text(kind)
    for item in listed:
        assert f"\n{item['name']}  {item['about']}\n" in f"\n{text}\n"


def test_facts_of_a_method_are_those_of_its_source():
    found = {item["name"]: item for item in facts(METHOD)}
    assert found["mixup"] == {
        "name": "mixup",
        "call": "mixup(alpha, lam)",
        "about": found["mixup"]["about"],
        "parameters": "alpha: float = 1.0, lam: Literal['batch', 'row'] = 'batch'",
        "pairing": "permutation",
        "lambda": "Beta(alpha, alpha)",
        "drawn per": "batch",
        "site": "input",
        "label": "matched",
        "rows": "1",
        "domains": "all",
        "from": "arXiv:1710.09412",
    }
    assert found["manifold_mixup"]["site"] == "random"
    assert found["cutmix"]["domains"] == "images, speech"
    assert found["decoupled"]["drawn per"] == "batch"
    assert found["gridmix"]["from"].startswith("Baek, Bang and Shim 2021")
    assert found["midpoint"]["call"] == "midpoint"


def test_facts_of_a_data_set_say_how_it_is_written():
    found = {item["name"]: item for item in facts(DATASET)}
    assert found["csv"]["write"] == "csv:PATH:TARGET"
    assert "write" not in found["digits"]
    assert (found["b3db"]["domain"], found["b3db"]["recipe"]) == ("graphs", "molecules_gin")
    assert found["b3db"]["licence"] == "CC0 1.0"


def test_the_table_has_a_row_a_method_and_the_same_columns_in_each():
    head, rule, *rows = methods_table().splitlines()
    assert head == "| " + " | ".join(COLUMNS) + " |"
    assert rule == "| " + " | ".join(["---"] * len(COLUMNS)) + " |"
    assert len(rows) == len(builtin_files(METHOD))
    bare = [row.replace("\\|", "") for row in rows]
    assert {row.count("|") for row in bare} == {len(COLUMNS) + 1}
    assert any(row.startswith("| `mixup(alpha, lam)` | Convex combinations") for row in rows)
    assert "[1710.09412](https://arxiv.org/abs/1710.09412)" in methods_table()
