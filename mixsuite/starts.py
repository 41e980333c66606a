"""Start files, commented, for an author to change: a method and a data set that pass their checks as they stand."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from mixsuite import plugins
from mixsuite.errors import InputError

_METHOD = '''"""{title}: say in a sentence what is mixed with what, and cite the paper, section or equation."""

from dataclasses import dataclass

from mixsuite.mixing import Method, Plan, over
from mixsuite.mixing.contract import require


@dataclass(frozen=True)
class {title}(Method):
    """What it does, in a sentence or two. How many forward passes a step takes.

    alpha: lambda is drawn from Beta(alpha, alpha), one for each row.
    """

    # Parameters, with types and defaults: "./{name}.py(alpha=0.4)" sets them. Every method also has site, start,
    # stop, length and batch.
    alpha: float = 1.0

    # What others may know without importing this file. label: "matched" (the target's share is the mean of the
    # signal's), "own" (the target stays as it is) or "free". domains = ("images",) would keep it to pictures, and
    # needs_x = True would set batch.x, the input itself (of clips and graphs a tuple).
    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def plan(self, batch, rng):
        """Who is mixed with whom, and in which shares: tensors only. Draw from rng alone, and never call .item().

        batch.y: [B] classes, [B, C] soft or multi-label targets, or [B, K] numbers; batch.shape: of one row;
        batch.progress: share of the training that is done, a tensor; batch.stats: what prepare() returned.
        """
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, n)  # the same quantiles as mixup(lam=row): runs are paired
        partner = rng.permutation(n)  # the same partners as mixup's
        # wx is the own share of the signal: a number for each row, or a mask such as [B, 1, H, W] in [0, 1].
        # wy is the own share of the target.
        return Plan(partner=partner, wx=over(lam, batch.shape), wy=lam)

    # def reject(self, task):
    #     """Why it does not apply to a task (task.domain, task.kind, task.sites, task.batch), or None."""
    #     return None if task.kind == "class" else f"{name} needs classes, not {{task.kind}}"

    # def prepare(self, train):
    #     """Once a run, from the training part: tensors that plan() finds in batch.stats."""
    #     return {{"mean": train.y.double().mean()}}
'''


_DATASET = '''"""{title}: say in a sentence what the rows are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mixsuite.domains.contract import Dataset, Raw


@dataclass(frozen=True)
class {title}(Dataset):
    """How many rows of what, and what is to be predicted."""

    # Parameters, with types and defaults: "./{name}.py(noise=0.5)" sets them. Every data set also has rows, test and
    # label_noise.
    noise: float = 1.0

    domain = "tabular"  # or "images", "speech", "graphs"
    kind = "class"  # or "regression", "multilabel"
    classes = 2  # 0: as many as the targets show
    recipe = "tabular_mlp"  # how it is trained by default: a name of recipes.toml, or of the matrix's own [recipes]
    source = "made up; say where the rows come from"
    licence = "say which"
    reference = "who to cite"

    # def files(self, root):
    #     """The files that load() reads, under the data root (or anywhere). What is in them is the data's identity:
    #     when it changes, runs are made again."""
    #     return [root / "{name}" / "rows.csv"]

    def load(self, root):
        """Every row. The suite splits, standardises and encodes, with statistics of the training rows alone.

        Raw(x, y, part, weight): x a pandas frame (tables), an array [n, H, W] or [n, H, W, C] (images), n arrays
        [C, T] (speech), n pairs (features [V, F], edges [2, E]) (graphs); y [n] class numbers, or numbers to predict;
        part [n] 0 train, 1 validation, 2 test, where the data have a split of their own.
        """
        draws = np.random.default_rng(0)  # made-up rows, the same in every run: read files(root) here instead
        y = draws.integers(0, 2, 400)
        x = pd.DataFrame(draws.normal(y[:, None], self.noise, (400, 5)), columns=list("abcde"))
        x["colour"] = draws.choice(["red", "green", "blue"], 400)  # a column of text is a category
        return Raw(x, y)
'''


def new_method(name: str, folder: Path) -> Path:
    """Write NAME.py, a method that passes the conformance kit as it stands.

    Raises:
        InputError: the name is no name for a file and a class, is a built-in method's, or the file is there already.
    """
    return _write(name, folder, _METHOD, plugins.METHODS)


def new_dataset(name: str, folder: Path) -> Path:
    """Write NAME.py, a data set of made-up rows that can be trained on as it stands.

    Raises:
        InputError: as for ``new_method``.
    """
    return _write(name, folder, _DATASET, plugins.DATASETS)


def _write(name: str, folder: Path, text: str, package: str) -> Path:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise InputError(f"'{name}': a name in small letters, digits and underscores is needed, as in my_own")
    if name in plugins.names(package):
        raise InputError(f"'{name}' is built in; choose another name")
    path = folder / f"{name}.py"
    title = "".join(part.capitalize() for part in name.split("_"))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text.format(name=name, title=title))
    except FileExistsError:
        raise InputError(f"{path} is there already; choose another name, or move it away") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    return path
