"""mixsuite: is a mixup-style method better than mixup, where, by how much, and at what cost?

Use ``mixsuite.api`` from Python, and ``mixsuite.mixing`` in your own training loop. docs/architecture.md explains how a
matrix becomes a leaderboard.
"""

from typing import TYPE_CHECKING, Any

from mixsuite.plugins.moved import put_up_signposts

if TYPE_CHECKING:
    import pandas as pd

__version__ = "0.2.0.dev0"
__all__ = ["__version__", "run"]

put_up_signposts()


def run(matrix: str = "quick", **options: Any) -> "pd.DataFrame":
    """Call ``mixsuite.api.run`` and return its tidy frame: one row per run and metric, as in <out>/runs.csv.

    Args:
        matrix: a name in ./benchmarks or shipped with mixsuite, or a path that ends in .toml.
        **options: those of ``mixsuite.api.run``.

    Raises:
        InputError: bad input of any kind, in one line.
    """
    from mixsuite import api

    return api.run(matrix, **options).runs
