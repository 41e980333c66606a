"""A study: a TOML file in benchmarks/claims/ with a claim, a matrix for each scale, and the rules that decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixsuite.errors import unknown
from mixsuite.experiment.matrix import Matrix, folders, read_toml
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.plugins.load import resolve_path
from mixsuite.plugins.validate import check_model
from mixsuite.stats.primary import Better

Scale = Literal["quick", "full"]


class Rule(BaseModel):
    """A rule that decides; it gives one sub-test for each task of the matrix whose name matches ``tasks``.

    The effect of a seed is the metric of ``method``, or with ``against`` the difference between the two methods.
    A rule with ``against`` and no bound is paired: it is tested as in a leaderboard, with Holm over the study's paired
    sub-tests. A rule with ``at_most`` or ``at_least`` is a threshold that every seed must meet: if all meet it, the
    outcome is better, else worse.

    tasks:    a glob over the matrix's task names.
    metric:   a metric of the records or a cost ("seconds"); "primary" is the one that the matrix names, or the error or
              the RMSE.
    better:   the direction in which the metric improves; None: that of the primary metric, for others "lower".
    relative: the difference is taken as a share of the value of ``against``.
    minus:    a task whose difference is subtracted, to test whether an effect depends on how the two tasks differ.
    margin:   the margin of a tie, in the effect's units; None: 5 % of the reference's distance from the optimum.
    as_good:  the claim is that ``method`` is no worse, so a difference within the margin counts as better.
    control:  a method whose effect is shown beside; it decides nothing.
    control_metric: the control's metric if it is another one; without ``control``, a further metric of ``method``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    tasks: str = "*"
    metric: str = "primary"
    against: str | None = None
    better: Better | None = None
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
        """Whether the rule is a threshold."""
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
    """The keys of a study file; the name is the file's stem.

    claim:   the claim in our words.
    where:   where the paper makes it.
    sourced: how we know the claim: "read" in the paper's text, from its "abstract", from the authors' "code", or
             "recalled" (not found in any source at hand).
    how:     how the study tests the claim, and why the control is the right one.
    ours:    what is our choice.
    tests:   the rules.
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
        """Make the matrix of a scale.

        Raises:
            InputError: a key or value that is not allowed.
        """
        values = self.quick if scale == "quick" else self.full
        matrix: Matrix = check_model(Matrix, values, f"study {self.name}: {scale}")
        return matrix.model_copy(update={"name": self.name, "source": ""})


def study_names() -> list[str]:
    """The names of all studies, in ./benchmarks/claims and in the copy that came with the package."""
    return sorted({path.stem for folder in folders() for path in (folder / "claims").glob("*.toml")})


def load_study(name: str) -> Study:
    """Load a study by name.

    Raises:
        InputError: no such study, not TOML, or a key or value that is not allowed.
    """
    paths = [path for folder in folders() if (path := folder / "claims" / f"{name}.toml").is_file()]
    if not paths:
        raise unknown("study", name, study_names())
    return read_study(paths[0])


def read_study(path: Path) -> Study:
    """Read a study from its file, and check both of its matrices.

    Raises:
        InputError: as ``load_study``.
    """
    study: Study = check_model(Study, _from_folder(read_toml(path), path.parent), str(path))
    study = study.model_copy(update={"name": path.stem})
    for scale in ("quick", "full"):
        _check_rules(study, scale)
    return study


def _from_folder(value: Any, folder: Path) -> Any:
    """A study's values, with plugin files (``./toys/gan.py``) resolved from the study's own folder."""
    if isinstance(value, str):
        return resolve_path(value, folder)
    if isinstance(value, list):
        return [_from_folder(item, folder) for item in value]
    return {k: _from_folder(v, folder) for k, v in value.items()} if isinstance(value, dict) else value


def _check_rules(study: Study, scale: Scale) -> None:
    """Refuse rules that name what a scale's matrix does not have.

    Raises:
        InputError: a rule names an unknown method, task or probe; the message lists the known ones.
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
