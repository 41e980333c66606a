"""A study: a TOML file in benchmarks/claims/ with a claim, a matrix for each scale, and the rule that decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixsuite.errors import unknown
from mixsuite.experiment.matrix import Matrix, folders, read_toml
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.plugins.load import resolve_path
from mixsuite.plugins.validate import check_model

Scale = Literal["quick", "full"]


class Rule(BaseModel):
    """What decides, for every task of the matrix whose name fits ``tasks``: one sub-test each.

    The effect of a seed is the metric of ``method``, or with ``against`` the difference between the two.
    Paired (``against`` without a bound): as in a leaderboard, with Holm over the paired sub-tests of the study.
    Threshold (``at_most`` or ``at_least``): a bound that every seed must meet; met counts as better, missed as worse.

    tasks:    a glob over the matrix's task names.
    metric:   of the records, or a cost ("seconds"); "primary" is the error, or the RMSE. better: which way it improves.
    relative: the difference is a share of the value of ``against``.
    minus:    a task, whose difference is taken away: whether an effect depends on what tells the two tasks apart.
    margin:   of a tie, in the effect's units; None: 0.01 error, 2 % of the reference's RMSE.
    as_good:  the claim is that ``method`` is no worse: a tie counts as better.
    control:  a method whose effect is shown beside; it decides nothing. control_metric: its metric, where that is
              another one; alone, of ``method`` itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    tasks: str = "*"
    metric: str = "primary"
    against: str | None = None
    better: Literal["lower", "higher"] = "lower"
    relative: bool = False
    minus: str | None = None
    margin: float | None = Field(default=None, ge=0)
    at_most: float | None = None
    at_least: float | None = None
    as_good: bool = False
    control: str | None = None
    control_metric: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether it is a threshold."""
        return self.at_most is not None or self.at_least is not None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.at_most is not None and self.at_least is not None:
            raise ValueError("a test has one of at_most and at_least, this one has both")
        if self.against is None and not self.bounded:
            raise ValueError("a test has against, at_most or at_least, this one has none")
        if self.bounded and (self.margin is not None or self.as_good):
            raise ValueError("margin and as_good belong to a test without a bound")
        if self.against is None and (self.relative or self.minus is not None):
            raise ValueError("relative and minus belong to a test with against")
        if self.relative and not self.bounded and self.margin is None:
            raise ValueError("a test of a relative difference needs a margin, a share")
        return self


class Study(BaseModel):
    """The keys of a study file, its name apart.

    claim:   in our words. where: where the paper makes it. sourced: how we know that: "read" in the paper's text, in
             its "abstract", in the authors' "code", or "recalled" (not found in any source at hand).
    how:     how it is tested here, and why the control is the right one. ours: what is our choice.
    quick, full: the matrix of each scale.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    paper: str
    claim: str
    where: str
    sourced: Literal["read", "abstract", "code", "recalled"]
    how: str
    ours: str
    tests: tuple[Rule, ...] = Field(min_length=1)
    quick: dict[str, Any]
    full: dict[str, Any]

    def matrix(self, scale: Scale) -> Matrix:
        """The scale's matrix.

        Raises:
            InputError: a key or value that is not allowed.
        """
        values = self.quick if scale == "quick" else self.full
        matrix: Matrix = check_model(Matrix, values, f"study {self.name}: {scale}")
        return matrix.model_copy(update={"name": self.name, "source": ""})


def study_names() -> list[str]:
    """Names of all studies: of ./benchmarks/claims, else of those that came with the package."""
    return sorted({path.stem for folder in folders() for path in (folder / "claims").glob("*.toml")})


def load_study(name: str) -> Study:
    """A study by name.

    Raises:
        InputError: no such study, not TOML, or a key or value that is not allowed.
    """
    found = [path for folder in folders() if (path := folder / "claims" / f"{name}.toml").is_file()]
    if not found:
        raise unknown("study", name, study_names())
    return read_study(found[0])


def read_study(path: Path) -> Study:
    """A study from its file; both matrices are checked.

    Raises:
        InputError: as load_study does.
    """
    study: Study = check_model(Study, _from_folder(read_toml(path), path.parent), str(path))
    study = study.model_copy(update={"name": path.stem})
    for scale in ("quick", "full"):
        _check_rules(study, scale)
    return study


def _from_folder(value: Any, folder: Path) -> Any:
    """A study's values, with the paths of plugins' files (``./toys/gan.py``) taken from the study's own folder."""
    if isinstance(value, str):
        return resolve_path(value, folder)
    if isinstance(value, list):
        return [_from_folder(item, folder) for item in value]
    return {k: _from_folder(v, folder) for k, v in value.items()} if isinstance(value, dict) else value


def _check_rules(study: Study, scale: Scale) -> None:
    """Refuse rules on what a scale's matrix does not have.

    Raises:
        InputError: naming the rule's value, and what there is.
    """
    cells = resolve(study.matrix(scale))
    known = {
        "method": {method.name for method in cells.methods},
        "task": {task.name for task in cells.tasks},
        "probe": {probe.name for probe in cells.probes},
    }
    for rule in study.tests:
        named = [resolve_method(text).name for text in (rule.method, rule.against, rule.control) if text is not None]
        asked = [("method", name) for name in named]
        asked += [("probe", m.partition("@")[2]) for m in (rule.metric, rule.control_metric or "") if "@" in m]
        asked += [("task", rule.minus)] if rule.minus is not None else []
        for what, name in asked:
            if name not in known[what]:
                raise unknown(f"{what} of study {study.name}, {scale}", name, known[what])
