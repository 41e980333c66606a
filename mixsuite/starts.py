"""Start files: a commented method that passes the conformance kit as it stands."""

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
    # signal's), "own" (the target stays as it is) or "free". domains = ("images",) would keep it to pictures.
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


def new_method(name: str, folder: Path) -> Path:
    """Write NAME.py, a method that passes the conformance kit as it stands, for an author to change.

    Raises:
        InputError: the name is no name for a file and a class, is a built-in method's, or the file is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise InputError(f"'{name}': a name in small letters, digits and underscores is needed, as in my_mixup")
    if name in plugins.names(plugins.METHODS):
        raise InputError(f"'{name}' is a built-in method; choose another name")
    path = folder / f"{name}.py"
    title = "".join(part.capitalize() for part in name.split("_"))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_METHOD.format(name=name, title=title))
    except FileExistsError:
        raise InputError(f"{path} is there already; choose another name, or move it away") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    return path
