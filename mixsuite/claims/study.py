"""A study: a TOML file in benchmarks/claims/ with a claim, a matrix for each scale, and the rules that decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixsuite.errors import InputError, unknown
from mixsuite.experiment.matrix import Matrix, folders, read_toml
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.plugins.load import resolve_path
from mixsuite.plugins.validate import check_model
from mixsuite.stats.primary import Better

Scale = Literal["quick", "full"]
Measure = Literal["difference", "log ratio"]


class Works(BaseModel):
    """What a method must reach for a test to mean anything: the mean of its ``metric`` is ``at_least``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    metric: str
    at_least: float


class Regime(BaseModel):
    """Where a study's claim is made; outside, its sub-tests are not applicable.

    converged:   each comparison must have converged: its matrix trains for twice as long too (``lengths``).
    train_error: the largest training error of the matrix's reference: it has the capacity to fit its rows.
    seconds:     the shortest run whose time counts; and it is timed alone, not in lockstep.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    converged: bool = False
    train_error: float | None = Field(default=None, ge=0, lt=1)
    seconds: float | None = Field(default=None, gt=0)


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
    measure:  in what the effect is pooled over tasks: "difference", or "log ratio", of the means. With ``minus`` it is
              that measure's interaction. None: "log ratio" where ``relative``, else "difference".
    claimed:  the size that the paper claims, in the measure, method minus reference.
    claimed_source: where the paper has it; with ``claimed_ours`` the size is ours.
    margin:   differences up to it are none, in the measure, or where ``relative`` as a share: at most a third of the
              claimed size, which is the default.
    gain_over: the claim is about the gain of ``against`` over this method: the share of it that ``method`` keeps is
              pooled, and must be above ``keeps``. Where no gain is shown, there is none to explain.
    works:    what a method, as the reference, must reach.
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
    measure: Measure | None = None
    claimed: float | None = Field(default=None, allow_inf_nan=False)
    claimed_source: str = ""
    claimed_ours: bool = False
    margin: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    gain_over: str | None = None
    keeps: float = Field(default=0.5, gt=0, le=1)
    works: Works | None = None
    at_most: float | None = None
    at_least: float | None = None
    as_good: bool = False
    control: str | None = None
    control_metric: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether the rule is a threshold."""
        return self.at_most is not None or self.at_least is not None

    @property
    def pooled_as(self) -> str:
        """The effect measure."""
        if self.gain_over is not None:
            return "share of the gain"
        if self.against is None:
            return "value"
        return self.measure or ("log ratio" if self.relative else "difference")

    @property
    def tolerance(self) -> float | None:
        """The margin: as given, else a third of the claimed size; None: neither is given."""
        return self.margin if self.margin is not None or self.claimed is None else abs(self.claimed) / 3

    @property
    def methods(self) -> list[str]:
        """The methods that it names."""
        works = self.works.method if self.works else None
        named = (self.method, self.against, self.control, self.gain_over, works)
        return [text for text in named if text is not None]

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.at_most is not None and self.at_least is not None:
            raise ValueError("a test has one of at_most and at_least, this one has both")
        if self.against is None and not self.bounded:
            raise ValueError("a test has against, at_most or at_least, this one has none")
        if self.bounded and (self.margin is not None or self.as_good):
            raise ValueError("margin and as_good belong to a test without a bound")
        if self.against is None and (self.relative or self.minus is not None or self.gain_over is not None):
            raise ValueError("relative and minus belong to a test with against, and so does gain_over")
        if self.gain_over is not None and (self.bounded or self.minus is not None):
            raise ValueError("gain_over has a bound of its own, keeps: it goes without at_most, at_least and minus")
        if self.relative and self.measure == "difference":
            raise ValueError('the measure of a relative difference is the "log ratio"')
        if self.relative and not self.bounded and self.tolerance is None:
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
    kind:    "claim" of a paper; a question of "ours"; or a "check": what is true by derivation or by construction, and
             tests the code.
    regime:  where the claim is made.
    test_scale: for each scale, how it compares with the paper's own: "paper", "reduced", or "toy".
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
    kind: Literal["claim", "ours", "check"] = "claim"
    regime: Regime = Regime()
    test_scale: dict[Scale, Literal["paper", "reduced", "toy"]] = {}
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
    for place, rule in enumerate(study.tests, 1):
        _check_size(rule, f"{path}: test {place}, {rule.method} against {rule.against}")
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


def _check_size(rule: Rule, where: str) -> None:
    """Refuse a test of a difference whose claimed size is not declared, or whose margin would hide it.

    Raises:
        InputError: as said.
    """
    if rule.bounded or rule.as_good:
        return
    if not rule.claimed or bool(rule.claimed_source) == rule.claimed_ours:
        raise InputError(
            f"{where}: the size that is claimed is missing: claimed = a number that is not 0, and either "
            "claimed_source = where the paper has it, or claimed_ours = true"
        )
    if rule.margin is not None and rule.margin > abs(rule.claimed) / 3 * (1 + 1e-9):
        raise InputError(f"{where}: margin={rule.margin:g} is more than a third of the claimed size {rule.claimed:g}")


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
        named = [resolve_method(text).name for text in rule.methods]
        asked = [("method", name) for name in named]
        metrics = [rule.metric, rule.control_metric or "", rule.works.metric if rule.works else ""]
        asked += [("probe", metric.partition("@")[2]) for metric in metrics if "@" in metric]
        asked += [("task", rule.minus)] if rule.minus is not None else []
        for what, name in asked:
            if name not in known[what]:
                raise unknown(f"{what} of study {study.name}, {scale}", name, known[what])
