"""mixsuite: is a mixup-style method better than mixup, where, by how much, and at what cost?

``mixsuite.api`` is the one road from Python; ``mixsuite.mixing`` is for training loops of one's own. How a matrix becomes
a leaderboard is told in docs/architecture.md.
"""

from typing import TYPE_CHECKING, Any

from mixsuite.plugins.moved import put_up_signposts

if TYPE_CHECKING:
    import pandas as pd

__version__ = "0.2.0.dev0"
__all__ = ["__version__", "run"]

put_up_signposts()


def run(matrix: str = "quick", **options: Any) -> "pd.DataFrame":
    """``mixsuite.api.run``, of which the tidy frame is returned, as <out>/runs.csv has it: a row a run and metric."""
    from mixsuite import api

    return api.run(matrix, **options).runs
