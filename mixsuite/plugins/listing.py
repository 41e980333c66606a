"""List the plugins as text or as a Markdown table, read from their sources without importing any."""

from __future__ import annotations

import ast
import re
from typing import Any

from mixsuite.plugins.describe import describe
from mixsuite.plugins.kinds import METHOD, Kind

_ORDER = (
    "write", "parameters", "targets", "better", "pairing", "lambda", "drawn per", "site", "label", "rows", "domains",
    "domain", "recipe", "source", "licence", "from",
)  # fmt: skip
COLUMNS = ("method", "what it does", "pairing", "lambda", "drawn per", "site", "label", "rows", "domains", "from")


def facts(kind: Kind) -> list[dict[str, str]]:
    """The facts of each built-in plugin: "name", "call" (with its parameters' names), "about", and those of _ORDER."""
    return [_facts(item, kind is METHOD) for item in describe(kind)]


def _facts(item: dict[str, Any], method: bool) -> dict[str, str]:
    parameters: dict[str, str] = item["params"]
    arguments = item.get("arguments", ())
    values = {
        "write": ":".join([item["name"], *map(str.upper, arguments)]) if arguments else "",
        "parameters": ", ".join(text for key, text in parameters.items() if key != "site"),
        "pairing": item.get("pairing", ""),
        "targets": ", ".join(item.get("kinds", ())),
        "better": item.get("better", ""),
        "lambda": item.get("lam_law", ""),
        "domain": item.get("domain") or ("" if method else ", ".join(item.get("domains", ()))),
        "recipe": item.get("recipe", ""),
        "source": item.get("source", ""),
        "licence": item.get("licence", ""),
        "from": item.get("reference") or _paper(item["module"]),
    }
    if method:
        per = next((_default(parameters[key]) for key in ("lam", "per") if _chosen(parameters.get(key, ""))), "")
        values |= {
            "drawn per": per,
            "site": _default(parameters["site"]) if "site" in parameters else "input",
            "label": item.get("label") or "not declared",
            "rows": item.get("rows", "1"),
            "domains": ", ".join(item.get("domains", ())) or "all",
        }
    own = ", ".join(key for key in parameters if key != "site")
    head = {"name": item["name"], "call": f"{item['name']}({own})" if own else item["name"], "about": item["about"]}
    return head | {key: values[key] for key in _ORDER if values.get(key)}


def _chosen(parameter: str) -> bool:
    return "'batch'" in parameter and "'row'" in parameter


def _default(parameter: str) -> str:
    """The default of ``name: type = value``, as text."""
    return str(ast.literal_eval(parameter.rpartition(" = ")[2]))


def _paper(text: str) -> str:
    """The arXiv number in a module's first paragraph, or else the citation in brackets there."""
    number = re.search(r"arXiv:(\d{4}\.\d{4,5})", text)
    cited = re.search(r"\(([^()]*\d{4}[^()]*)\)", text)
    return f"arXiv:{number[1]}" if number else " ".join(cited[1].split()) if cited else ""


def as_text(kind: Kind) -> str:
    """List the plugins of a kind, a paragraph for each."""
    lines = []
    for item in facts(kind):
        lines.append(f"{item['name']}  {item['about']}")
        lines += [f"    {label}: {item[label]}" for label in _ORDER if label in item]
    return "\n".join(lines)


def methods_table() -> str:
    """List the methods as a Markdown table, a row for each."""
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    for item in facts(METHOD):
        about = re.split(r"(?<=\.) ", item["about"])[0].rstrip(".")
        paper = re.sub(r"^arXiv:(\S+)$", r"[\1](https://arxiv.org/abs/\1)", item.get("from", ""))
        cells = (f"`{item['call']}`", about, *(item.get(key, "") for key in COLUMNS[2:-1]), paper)
        rows.append(tuple(cell.replace("|", "\\|") for cell in cells))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
