"""Run studies through the runner, and write their findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from mixsuite.claims.judge import SubTest, sub_tests, verdict
from mixsuite.claims.picture import draw
from mixsuite.claims.published import beside, read_table
from mixsuite.claims.study import Rule, Scale, Study
from mixsuite.errors import InputError
from mixsuite.execution.planning import Options, plan_call, reuse
from mixsuite.execution.progress import Watch, unwatched
from mixsuite.execution.runner import execute
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.report.leaderboard import csv_text
from mixsuite.report.text import markdown_lines, table_lines
from mixsuite.results.files import rewriting, write_text
from mixsuite.results.reading import COSTS, Results, load_results

COLUMNS = [
    "id", "paper", "claim", "study", "metric", "effect", "low", "high", "n", "control", "control_effect", "verdict",
    "seconds", "sourced", "task", "method", "against", "outcome", "scale", "where",
]  # fmt: skip
_SHOWN = ["task", "metric", "method", "against", "effect", "low", "high", "n", "outcome", "control", "control_effect"]

_BESIDE = ["dataset", "model", "method", "metric", "published", "task", "our_method", "ours", "low", "high", "seeds"]


@dataclass(frozen=True)
class Finding:
    """The result of a study.

    tests:   its sub-tests.
    verdict: the verdict on the claim.
    figures: the papers' figures, with ours beside them.
    seconds: time of training, summed over all runs.
    """

    study: Study
    scale: Scale
    tests: list[SubTest]
    verdict: str
    figures: pd.DataFrame
    seconds: float


def run_study(study: Study, scale: Scale, options: Options, watch: Watch = unwatched) -> Finding:
    """Train a study's missing runs, and decide. Tasks whose data are missing are left out, and the finding names them.

    Raises:
        InputError: bad input of any kind.
    """
    matrix = study.matrix(scale)
    absent: dict[str, str] = {}
    present = []
    for text in matrix.datasets:
        experiment = resolve(matrix.model_copy(update={"datasets": (text,)}))
        (task,) = experiment.tasks
        try:
            experiment.parts_of[task.name].dataset.fingerprint(options.data)
            present.append(text)
        except InputError as error:
            absent[task.name] = f"its data are not there: {error}"
    if present:
        plan = plan_call(matrix.model_copy(update={"datasets": tuple(present)}), options)
        if not any(rule.metric in COSTS for rule in study.tests):  # times compare only within one call
            plan = reuse(sorted(path for path in options.out.parent.glob("*") if path.is_dir()), plan)
        execute(plan, watch)
    return decide(study, scale, options.out, absent)


def decide(study: Study, scale: Scale, out: Path, absent: dict[str, str]) -> Finding:
    """Decide a study from the records in its folder; train nothing.

    Args:
        study: as its file gives it.
        scale: the scale at which it was run.
        out: the study's results folder.
        absent: task -> why it was not run.

    Raises:
        InputError: a foreign line in the records, or a manifest or published.csv that is not valid.
    """
    results = load_results(out)
    tests = sub_tests(_named(study), results, absent)
    return Finding(study, scale, tests, verdict(tests), beside(study.name, results), _seconds(results))


def _seconds(results: Results) -> float:
    return sum(o.costs.get("seconds", 0.0) for cell in results.cells.values() for o in cell.values())


def _named(study: Study) -> Study:
    """The study, with methods by the names that tables show."""

    def named(rule: Rule) -> Rule:
        entries = {key: getattr(rule, key) for key in ("method", "against", "control")}
        return rule.model_copy(update={k: resolve_method(v).name for k, v in entries.items() if v is not None})

    return study.model_copy(update={"tests": tuple(named(rule) for rule in study.tests)})


def frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Make a table with one row per sub-test; each row repeats the claim's verdict."""
    rows = [
        {
            **vars(test),
            "id": finding.study.name,
            "paper": finding.study.paper,
            "claim": finding.study.claim,
            "study": finding.study.how,
            "verdict": finding.verdict,
            "seconds": round(finding.seconds, 3),
            "sourced": finding.study.sourced,
            "scale": finding.scale,
            "where": finding.study.where,
        }
        for finding in findings
        for test in finding.tests
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def table_path(out: Path) -> Path:
    """The path of the table of all claims: beside the folder of their runs."""
    return out.with_name(f"{out.name}.csv")


def published_path(out: Path) -> Path:
    """The path of the table of the papers' figures and ours."""
    return out.with_name(f"{out.name}_published.csv")


def write(findings: Sequence[Finding], out: Path) -> None:
    """Write <out>.csv, <out>_published.csv, and <out>/<study>/claim.png for each study; keep rows of other studies.

    Raises:
        InputError: a file cannot be read or written.
    """
    names = [finding.study.name for finding in findings]
    for path, key, table in (
        (table_path(out), "id", frame(findings)),
        (published_path(out), "study", _figures(findings)),
    ):
        with rewriting(path):
            write_text(path, csv_text(_merged(path, key, names, table)))
    for finding in findings:
        draw(finding.study, finding.tests, finding.verdict, out / finding.study.name / "claim.png")


def _figures(findings: Sequence[Finding]) -> pd.DataFrame:
    """Join the figures of all findings. Empty tables are left out, since their columns have no types."""
    tables = [finding.figures for finding in findings if len(finding.figures)]
    return pd.concat(tables) if tables else findings[0].figures


def _merged(path: Path, key: str, names: Sequence[str], table: pd.DataFrame) -> pd.DataFrame:
    """Add the rows that the file has of other studies to a table, sorted by study."""
    if not path.is_file():
        return table
    there = read_table(path)
    if not set(there.columns) & {key, "claim", "verdict"}:
        raise InputError(f"{path}: not a table of claims; it is not overwritten: name another folder by --out")
    if list(there.columns) != list(table.columns):
        return table  # the file is of another version
    written = pd.read_csv(StringIO(csv_text(table)), dtype=str, keep_default_na=False)
    both = pd.concat([there[~there[key].isin(names)], written])
    return both.sort_values(key, kind="stable", ignore_index=True)


def overview(table: pd.DataFrame) -> pd.DataFrame:
    """Summarise the table that ``write`` writes, one row per claim: its outcomes counted, and the verdict."""
    rows = []
    for name, tests in table.groupby("id", sort=True):
        first = tests.iloc[0]
        counts = tests["outcome"].str.split(r" \(|:", n=1, regex=True).str[0].value_counts()
        outcomes = ", ".join(
            f"{count} {word}" for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        )
        paper = str(first["paper"]).split(" (")[0]
        rows.append({"study": name, **first[["claim", "verdict", "seconds"]], "paper": paper, "sub-tests": outcomes})
    return pd.DataFrame(rows, columns=["study", "paper", "claim", "sub-tests", "verdict", "seconds"])


def as_markdown(table: pd.DataFrame) -> str:
    """Write the overview as Markdown, one row per claim."""
    return "\n".join(markdown_lines(overview(table), ["claim", "paper", "sub-tests", "verdict", "study"]))


def as_text(findings: Sequence[Finding]) -> str:
    """Write each claim with its verdict, sub-tests and the papers' figures beside ours; then all verdicts."""
    parts = []
    for finding in findings:
        lines = table_lines(pd.DataFrame([vars(test) for test in finding.tests]), _SHOWN)
        if len(finding.figures):
            lines += [
                "published, and ours:",
                *table_lines(finding.figures.rename(columns={"value": "published"}), _BESIDE),
            ]
        parts.append("\n".join([f"{finding.study.name}: {finding.verdict}", finding.study.claim, *lines]))
    verdicts = table_lines(overview(frame(findings)), ["study", "sub-tests", "verdict", "seconds"])
    return "\n\n".join([*parts, "\n".join(verdicts)])
