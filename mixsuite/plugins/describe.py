"""Describe plugins from their source, without importing them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from mixsuite.plugins.kinds import Kind, builtin_files


def describe(kind: Kind) -> list[dict[str, Any]]:
    """Describe every built-in plugin of a kind.

    Returns:
        A dict for each plugin: "name", "about" (the first paragraph of the class docstring), "module" (the first
        paragraph of the file's docstring), "params" (name -> as written), and the class literals.
    """
    return [_describe_file(name, path) for name, path in builtin_files(kind).items()]


def _describe_file(name: str, path: Path) -> dict[str, Any]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # A file may have helper classes: the plugin is the last decorated class.
    (*_, cls) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.decorator_list)
    params: dict[str, str] = {}
    literals: dict[str, Any] = {}
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = node.value
            if isinstance(value, ast.Call):  # field(default=..., kw_only=True)
                value = next((k.value for k in value.keywords if k.arg == "default"), None)
            default = f" = {ast.unparse(value)}" if value else ""
            params[node.target.id] = f"{node.target.id}: {ast.unparse(node.annotation)}{default}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                literals[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    module, about = (" ".join((ast.get_docstring(node) or "").split("\n\n")[0].split()) for node in (tree, cls))
    return {**literals, "name": name, "params": params, "about": about or module, "module": module}
