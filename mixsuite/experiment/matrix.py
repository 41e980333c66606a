"""A matrix: a TOML file that names tasks, methods and seeds. This module finds, reads and checks it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mixsuite.errors import InputError, unknown
from mixsuite.experiment.spec import LONGEST
from mixsuite.experiment.tune import Tune
from mixsuite.plugins.entry import need_text, parse_call, parse_entry, parse_seeds
from mixsuite.plugins.kinds import PACKAGE
from mixsuite.plugins.validate import check_model
from mixsuite.stats.margins import Margin
from mixsuite.training.recipe import Recipe

_OWN = {"name", "source"}  # no file may set these: the file's stem, and the name or path that the call gave


class Matrix(BaseModel):
    """The keys of a matrix file.

    reference:     the method that others are compared with; added to ``methods`` where it is absent.
    ranked:        the methods that are ranked over tasks; tasks that lack one of them have no part in it. None: every
                   method that is no control and is skipped nowhere.
    lengths:       by how much each task's training is stretched: [1, 2] trains it at its recipe's length and at twice
                   that, all methods alike, and the tables say which comparisons have converged.
    exclude:       cells to leave out, as "METHOD x DATASET" with globs.
    select:        which weights are tested: "last", or "best_validation".
    margin:        differences up to it count as equal. A text as "5%" is a share of the reference's distance from the
                   metric's optimum, and never less than one test row; it is the default. A number is in units of error,
                   for other metrics a share of that distance.
    metrics:       further metrics of each trained model, on the tasks whose kind of target has them.
    primary:       the metric that verdicts, ranks and gates are based on, where a task has it; "": error or RMSE.
    probes:        disturbances under which each trained model is tested too; they add metrics to its run.
    deterministic: use only deterministic algorithms on a GPU.
    tune:          how `mixsuite tune` searches settings.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    source: str = ""
    datasets: tuple[str, ...] = Field(min_length=1)
    methods: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[int, ...]
    reference: str = "erm"
    ranked: tuple[str, ...] = ()
    lengths: tuple[int, ...] = (1,)
    exclude: tuple[str, ...] = ()
    select: Literal["last", "best_validation"] = "last"
    margin: float | str | None = None
    metrics: tuple[str, ...] = ()
    primary: str = ""
    probes: tuple[str, ...] = ()
    deterministic: bool = False
    recipes: dict[str, Recipe] = {}
    tune: Tune = Tune()

    @field_validator("seeds", mode="before")
    @classmethod
    def _seeds(cls, value: Any) -> tuple[int, ...]:
        seeds: tuple[int, ...] = _said(parse_seeds, list(value) if isinstance(value, tuple) else value)
        return seeds

    @field_validator("datasets")
    @classmethod
    def _datasets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            _said(parse_entry, text)
        return value

    @field_validator("methods", "ranked")
    @classmethod
    def _methods(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            _said(parse_call, text)
        return value

    @field_validator("exclude")
    @classmethod
    def _exclude(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if len(text.split(" x ")) != 2:
                raise ValueError(f"'{text}' is not of the form METHOD x DATASET")
        return value

    @field_validator("lengths")
    @classmethod
    def _lengths(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len(set(value)) < len(value) or not all(1 <= length <= LONGEST for length in value):
            raise ValueError(f"{list(value)}: allowed are different whole numbers from 1 to {LONGEST}, as [1, 2, 4]")
        return tuple(sorted(value))

    @field_validator("margin", mode="before")
    @classmethod
    def _margin(cls, value: Any) -> Any:
        Margin.parse(value)
        return value

    @field_validator("recipes")
    @classmethod
    def _recipes(cls, value: dict[str, Recipe]) -> dict[str, Recipe]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9_][\w. -]*", name):
                raise ValueError(f"'{name}' is no name for a recipe: letters, digits, _ - . and spaces make one")
        return value

    @field_validator("probes", "metrics")
    @classmethod
    def _evaluations(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            _said(parse_call, text)
        return value

    @field_validator("primary")
    @classmethod
    def _primary(cls, value: str) -> str:
        if value:
            _said(parse_call, value)
        return value


def _said(check: Any, value: Any) -> Any:
    """Call one of mixsuite's checks inside pydantic: its InputError becomes the field's message."""
    try:
        return check(value)
    except InputError as error:
        raise ValueError(str(error)) from None


def folders() -> list[Path]:
    """The folders in which matrices are looked up by name: ./benchmarks, then the copy that came with the package."""
    return [Path("benchmarks"), PACKAGE / "benchmarks", PACKAGE.parent / "benchmarks"]


def matrix_names() -> list[str]:
    """The names of all matrices that can be run by name."""
    return sorted({path.stem for folder in folders() for path in folder.glob("*.toml")})


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file's values, unchecked.

    Raises:
        InputError: the file cannot be read, or is not TOML (the message names the line).
    """
    try:
        source = path.read_text(encoding="utf-8")
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        reason = str(error).replace("at end of document", f"at the end, line {len(source.splitlines())}")
        raise InputError(f"{path}: not TOML: {reason}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets in brackets in ...
        raise InputError(f"{path}: not TOML that can be read: {error}") from None


def load_matrix(text: str) -> Matrix:
    """Load a matrix by its path (which ends in .toml) or its name.

    Raises:
        InputError: the matrix is not found, is not TOML (the message names the line), or has a key or value that is not
            allowed.
    """
    need_text(text)
    if text.endswith(".toml"):
        path = Path(text)
        if not path.is_file():
            raise InputError(f"matrix file '{text}' does not exist")
    else:
        paths = [folder / f"{text}.toml" for folder in folders() if (folder / f"{text}.toml").is_file()]
        if not paths:
            raise unknown("matrix", text, matrix_names())
        path = paths[0]
    values = read_toml(path)
    for key in _OWN & values.keys():
        raise InputError(f"{path}: {unknown('key', key, set(Matrix.model_fields) - _OWN)}")
    matrix: Matrix = check_model(Matrix, values, str(path))
    return matrix.model_copy(update={"name": path.stem, "source": text})
