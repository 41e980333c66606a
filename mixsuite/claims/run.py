"""Run studies through the runner, and write their findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from mixsuite.claims.conclusion import CONTRADICTED, OUTSIDE, SUPPORTED, Part, conclude, parts, with_findings
from mixsuite.claims.judge import NOT_RUN, SubTest, sub_tests, verdict
from mixsuite.claims.picture import draw
from mixsuite.claims.published import beside, read_table
from mixsuite.claims.study import Rule, Scale, Study
from mixsuite.errors import InputError
from mixsuite.execution.planning import Options, plan_call, reuse
from mixsuite.execution.progress import Watch, unwatched
from mixsuite.execution.runner import execute
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.report.convergence import not_stretched
from mixsuite.report.leaderboard import csv_text
from mixsuite.report.text import markdown_lines, table_lines
from mixsuite.results.files import rewriting, write_text
from mixsuite.results.reading import COSTS, Results, load_results
from mixsuite.stats.paired import LEVEL

COLUMNS = [
    "id", "paper", "claim", "study", "metric", "effect", "low", "high", "n", "control", "control_effect", "verdict",
    "seconds", "sourced", "task", "method", "against", "outcome", "scale", "where", "finding", "conclusion",
    "test_scale", "regime", "kind", "measure", "measured", "measured_low", "measured_high", "part", "pooled",
    "pooled_low", "pooled_high", "scope", "data_sets", "tau", "i2", "claimed", "of_claimed", "claimed_source",
]  # fmt: skip
_SHOWN = [
    "task", "metric", "method", "against", "effect", "low", "high", "n", "outcome", "finding", "regime", "control",
    "control_effect",
]  # fmt: skip
_POOLED = [
    "method", "against", "metric", "measure", "pooled", "pooled_low", "pooled_high", "part", "scope", "data_sets",
    "tau", "claimed", "of_claimed", "claimed_source",
]  # fmt: skip

_BESIDE = ["dataset", "model", "method", "metric", "published", "task", "our_method", "ours", "low", "high", "seeds"]


@dataclass(frozen=True)
class Finding:
    """The result of a study.

    tests:   its sub-tests.
    parts:   each rule over its tasks.
    verdict: the verdict on the claim, as the first edition had it.
    conclusion: what is concluded on the claim.
    figures: the papers' figures, with ours beside them.
    seconds: time of training, summed over all runs.
    """

    study: Study
    scale: Scale
    tests: list[SubTest]
    parts: list[Part]
    verdict: str
    conclusion: str
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
        tasks = not_stretched(experiment.tasks)
        try:
            experiment.parts_of[tasks[0].name].dataset.fingerprint(options.data)
            present.append(text)
        except InputError as error:
            absent |= {task.name: f"its data are not there: {error}" for task in tasks}
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
    results, named = load_results(out), _named(study)
    tests = with_findings(named, results, sub_tests(named, results, absent))
    found = parts(named, results, tests)
    figures = beside(study.name, results)
    return Finding(study, scale, tests, found, verdict(tests), conclude(found), figures, _seconds(results))


def not_there(study: Study, scale: Scale, out: Path) -> dict[str, str]:
    """The tasks of a study that its folder lacks -> why they were not run.

    Raises:
        InputError: the study's matrix, or the folder's manifest, is not valid.
    """
    shown = load_results(out).manifest.tasks
    tasks = not_stretched(resolve(study.matrix(scale)).tasks)
    return {task.name: "there is no run yet" for task in tasks if task.name not in shown}


def _seconds(results: Results) -> float:
    return sum(o.costs.get("seconds", 0.0) for cell in results.cells.values() for o in cell.values())


def _named(study: Study) -> Study:
    """The study, with methods by the names that tables show."""

    def named(rule: Rule) -> Rule:
        entries = {key: getattr(rule, key) for key in ("method", "against", "control", "gain_over")}
        changes: dict[str, Any] = {k: resolve_method(v).name for k, v in entries.items() if v is not None}
        if rule.works is not None:
            changes["works"] = rule.works.model_copy(update={"method": resolve_method(rule.works.method).name})
        return rule.model_copy(update=changes)

    return study.model_copy(update={"tests": tuple(named(rule) for rule in study.tests)})


def frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Make a table with one row per sub-test; each row repeats its rule's part, and the claim's verdict."""
    rows = [
        {
            **vars(test),
            **_part_row(finding, test.rule),
            "id": finding.study.name,
            "paper": finding.study.paper,
            "claim": finding.study.claim,
            "study": finding.study.how,
            "verdict": finding.verdict,
            "seconds": round(finding.seconds, 3),
            "sourced": finding.study.sourced,
            "scale": finding.scale,
            "where": finding.study.where,
            "conclusion": finding.conclusion,
            "test_scale": finding.study.test_scale.get(finding.scale, "reduced"),
            "kind": finding.study.kind,
        }
        for finding in findings
        for test in finding.tests
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _part_row(finding: Finding, place: int) -> dict[str, object]:
    """A rule over its tasks, by the names of columns."""
    rule, part = finding.study.tests[place], finding.parts[place]
    row: dict[str, object] = {
        "part": part.finding,
        "measure": part.measure,
        "pooled_low": part.low,
        "pooled_high": part.high,
        "scope": part.scope,
        "claimed": part.claimed,
        "of_claimed": part.of_claimed,
        "claimed_source": "ours" if rule.claimed_ours else rule.claimed_source,
    }
    if (pooled := part.pooled) is not None:
        row |= {"pooled": pooled.value, "data_sets": pooled.clusters, "tau": pooled.tau, "i2": pooled.share}
    return row


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
        draw(finding.study, finding.tests, finding.parts, finding.conclusion, out / finding.study.name / "claim.png")


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
    """Summarise the table that ``write`` writes, one row per claim: its conclusion, its findings, its verdict."""
    rows = []
    for name, tests in table.groupby("id", sort=True):
        first = tests.iloc[0]
        rows.append(
            {
                "study": name,
                **first[["claim", "conclusion", "kind", "test_scale", "verdict", "seconds"]],
                "paper": str(first["paper"]).split(" (")[0],
                "findings": _counted(tests["finding"]),
                "sub-tests": _counted(tests["outcome"].str.split(r" \(|:", n=1, regex=True).str[0]),
            }
        )
    columns = [
        "study",
        "conclusion",
        "kind",
        "paper",
        "claim",
        "test_scale",
        "findings",
        "sub-tests",
        "verdict",
        "seconds",
    ]
    return pd.DataFrame(rows, columns=columns)


def _counted(words: pd.Series) -> str:
    """Words with their numbers, the most frequent first: ``3 supports, 1 not decided``."""
    counts = sorted(words.value_counts().items(), key=lambda item: (-item[1], str(item[0])))
    return ", ".join(f"{count} {word}" for word, count in counts)


def register(table: pd.DataFrame) -> str:
    """Say how many claims the table has, what came out, and how many false words are expected among them."""
    claims = overview(table).query("kind != 'check'")
    words, ours = claims["conclusion"], int((claims["kind"] == "ours").sum())
    tested, decided = int((~words.isin((NOT_RUN, OUTSIDE))).sum()), int(words.isin((SUPPORTED, CONTRADICTED)).sum())
    return (
        f"{len(claims)} claims, {ours} of them ours: {_counted(words)}. Were all of them tested and none had an "
        f"effect, 5 % at most would be called {SUPPORTED} or {CONTRADICTED} by chance: {LEVEL * len(claims):.1f}. "
        f"Of the {tested} that are tested, {decided} are so called."
    )


def as_markdown(table: pd.DataFrame) -> str:
    """Write the overview as Markdown, one row per claim, and what stands under it."""
    columns = ["claim", "conclusion", "kind", "paper", "test_scale", "findings", "sub-tests", "verdict", "study"]
    return "\n".join([*markdown_lines(overview(table), columns), "", register(table)])


def as_text(findings: Sequence[Finding]) -> str:
    """Write each claim: its conclusion, effects over tasks, sub-tests, papers' figures. Then all conclusions."""
    texts = []
    for finding in findings:
        table = frame([finding])
        over_tasks = table.drop_duplicates([*_POOLED]) if len(table) else table
        lines = [*table_lines(over_tasks, _POOLED), *table_lines(table, _SHOWN)]
        if len(finding.figures):
            lines += [
                "published, and ours:",
                *table_lines(finding.figures.rename(columns={"value": "published"}), _BESIDE),
            ]
        title = f"{finding.study.name}: {finding.conclusion} (verdict: {finding.verdict})"
        texts.append("\n".join([title, finding.study.claim, *lines]))
    table = frame(findings)
    shown = ["study", "conclusion", "kind", "test_scale", "findings", "sub-tests", "verdict", "seconds"]
    return "\n\n".join([*texts, "\n".join(table_lines(overview(table), shown)), register(table)])
