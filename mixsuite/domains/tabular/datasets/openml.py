"""A table of OpenML by its number, openml:ID."""

import re
from dataclasses import dataclass, field
from typing import Literal

from mixsuite.domains import Dataset
from mixsuite.domains.tabular.datasets._table import rows_of
from mixsuite.errors import InputError


@dataclass(frozen=True)
class Openml(Dataset):
    """A table of OpenML by number, such as openml:31 (credit-g), from scikit-learn's copy in the data root.

    number: the data set's id.
    target: the column to predict; "" takes OpenML's own target.
    kind:   "class" or "regression".
    drop:   columns to leave out, besides those that OpenML ignores.
    """

    number: str = "31"
    target: str = ""
    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]
    drop: tuple[str, ...] = ()

    domain = "tabular"
    recipe = "tabular_mlp"
    arguments = ("number",)
    source = "OpenML, openml.org"
    licence = "the data set's own, stated at openml.org"
    reference = "Vanschoren, van Rijn, Bischl and Torgo 2013, OpenML"

    def __post_init__(self):
        super().__post_init__()
        if not re.fullmatch(r"[1-9][0-9]*", self.number):
            raise ValueError(f"number={self.number!r}: allowed is OpenML's id, a whole number such as 31")

    def folder(self, root):
        return root / "openml" / self.number

    def files(self, root):
        paths = sorted(path for path in self.folder(root).rglob("*") if path.is_file())
        return paths or [self.folder(root) / "openml.org"]

    def missing(self, path):
        entry = f"openml:{self.number}"
        return f"{entry} is not in the data root ({path.parent}); fetch it: mixsuite data get {entry}"

    def fetch(self, root):
        self.read(root)

    def read(self, root):
        from sklearn.datasets import fetch_openml

        target = {"target_column": self.target} if self.target else {}
        return fetch_openml(
            data_id=int(self.number),
            data_home=str(self.folder(root)),
            as_frame=True,
            parser="pandas",
            n_retries=1,
            **target,
        )

    def load(self, root):
        bunch = self.read(root)
        names = list(bunch.target_names or [])
        # A set may have several targets; those that are not asked for would give this one away.
        declared = str(bunch.details.get("default_target_attribute") or "").split(",") if bunch.details else []
        siblings = [name for name in map(str.strip, declared) if name in bunch.frame.columns and name not in names]
        if len(names) != 1:
            raise InputError(f"openml:{self.number}: it has {len(names)} targets; name one, (target=COLUMN)")
        frame = bunch.frame.drop(columns=[name for name in siblings if name not in self.drop])
        return rows_of(frame, names[0], self.kind, self.drop, f"openml:{self.number}")
