"""The pages' generated tables: ``python docs/tables.py`` writes them anew.

A generated table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``. It is made from the package and
from the committed CSV files under results/reference/. tests/integration/test_docs.py compares it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mixsuite.claims.published import read_table
from mixsuite.claims.run import as_markdown
from mixsuite.plugins.listing import methods_table
from mixsuite.report.text import markdown_lines

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "results" / "reference"
MARKED = re.compile(
    r"(?<=<!-- table: )(?P<name>[\w-]+)(?P<open> -->\n)(?P<body>.*?)(?=<!-- end of table -->)", re.DOTALL
)
_OVERALL = ["rank", "method", "tasks", "mean_rank", "better", "tie", "worse", "undecided", "seconds"]


def pages() -> list[Path]:
    """Every page that may hold a generated table."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def overall(reference: str, ranked: bool) -> str:
    """The table over all classification tasks of a committed results folder. ranked: of the ranked methods alone."""
    table = pd.read_csv(REFERENCE / reference / "leaderboard.csv")
    return "\n".join(markdown_lines(table[table["mean_rank"].notna()] if ranked else table, _OVERALL))


def claims() -> str:
    """The verdicts on the papers' claims."""
    return as_markdown(read_table(REFERENCE / "claims.csv"))


def proof(name: str) -> str:
    """The table of a proof's page, results/reference/NAME.md."""
    lines = (REFERENCE / f"{name}.md").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("|"))


TABLES: dict[str, Callable[[], str]] = {
    "methods": methods_table,
    "claims": claims,
    "quick": lambda: overall("quick", ranked=True),
    "methods-compared": lambda: overall("methods", ranked=False),
    "staged-compared": lambda: overall("staged", ranked=False),
    "borders": lambda: proof("borders"),
    "kills": lambda: proof("kills"),
}


def written_anew(text: str) -> str:
    """A page's text with every generated table made anew."""
    return MARKED.sub(lambda found: f"{found['name']}{found['open']}\n{TABLES[found['name']]()}\n\n", text)


if __name__ == "__main__":
    for page in pages():
        page.write_text(written_anew(page.read_text(encoding="utf-8")), encoding="utf-8")
