"""The manifest <out>/matrix.toml: the cells that a results folder shows, with every value resolved.

Reading it needs no torch.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from mixsuite.errors import InputError
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task, parse_stretched
from mixsuite.plugins.entry import Call, parse_seeds, show_seeds
from mixsuite.results.files import write_text
from mixsuite.results.names import file_stems
from mixsuite.stats.margins import Margin
from mixsuite.stats.primary import Primary

JUDGED_FROM = 6  # seeds; with fewer there is no verdict (stats.paired.NEVER_BELOW)
_HEADER = """# Written by `mixsuite run`: the cells that this folder's tables show, every value resolved.
# Each [[cells]] block is tasks x methods x seeds. A further run on this folder adds its cells.

"""


@dataclass(frozen=True)
class Looks:
    """The numbers of seeds at which a folder's verdicts are looked at, declared before its first run.

    seeds: ascending.
    among: the number of methods that are compared with the reference.
    """

    seeds: tuple[int, ...]
    among: int


@dataclass
class Manifest:
    """The cells of a results folder, in the order in which calls asked for them.

    margin: as the matrix gives it; None: the default.
    ranked: the methods that are ranked over tasks; none: all that can be.
    ranked_late: whether runs were there before these were named.
    looks:  where seeds are added until decided; None: the number of seeds is fixed beforehand.
    raised: whether seeds were added to cells whose verdicts could be seen already, at no declared look.
    matrix: the name or path of the matrix that ran last.
    tasks, methods: by name.
    cells:  (task name, method name) -> seeds.
    """

    reference: str = "erm"
    margin: float | str | None = None
    matrix: str = ""
    ranked: tuple[str, ...] = ()
    ranked_late: bool = False
    looks: Looks | None = None
    raised: bool = False
    tasks: dict[str, Task] = field(default_factory=dict)
    methods: dict[str, MethodSpec] = field(default_factory=dict)
    cells: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def declare(self, looks: Looks) -> None:
        """Declare the looks; call it before ``add``.

        Raises:
            InputError: the folder was begun with other looks, or with none.
        """
        if self.cells and looks != self.looks:
            was = f"with looks at {', '.join(map(str, self.looks.seeds))} seeds" if self.looks else "without looks"
            now = ", ".join(map(str, looks.seeds))
            raise InputError(
                f"--until decided: the results folder was begun {was}, not with looks at {now} among {looks.among} "
                "methods; looks are declared before the first run: give another --out"
            )
        self.looks = looks

    def add(self, runs: list[RunSpec], at_a_look: bool = False) -> None:
        """Add the cells of runs. A task or method replaces an earlier one of the same name.

        at_a_look: whether the seeds are those of a declared look.
        """
        seen = {key for key, seeds in self.cells.items() if len(seeds) >= JUDGED_FROM}
        for run in runs:
            key = run.task.name, run.method.name
            if not at_a_look and key in seen and run.seed not in self.cells[key]:
                self.raised = True
            self.tasks[run.task.name] = run.task
            self.methods[run.method.name] = run.method
            self.cells.setdefault((run.task.name, run.method.name), set()).add(run.seed)

    def rank(self, methods: tuple[str, ...]) -> None:
        """Name the methods that are ranked; call it before ``add``."""
        if methods != self.ranked:
            self.ranked, self.ranked_late = methods, bool(self.cells)

    def runs(self) -> list[RunSpec]:
        """Every run that the folder shows."""
        return [
            RunSpec(self.tasks[task], self.methods[method], seed)
            for (task, method), seeds in self.cells.items()
            for seed in sorted(seeds)
        ]

    def ids(self) -> dict[tuple[str, str], dict[int, str]]:
        """(task, method) -> seed -> id, for every run that the folder shows."""
        return {
            (task, method): {seed: RunSpec(self.tasks[task], self.methods[method], seed).id for seed in sorted(seeds)}
            for (task, method), seeds in self.cells.items()
        }

    def blocks(self) -> list[dict[str, Any]]:
        """Group the cells into few blocks of tasks x methods x seeds."""
        rows: dict[str, dict[str, tuple[int, ...]]] = {}
        for (task, method), seeds in self.cells.items():
            rows.setdefault(task, {})[method] = tuple(sorted(seeds))
        alike: dict[tuple[tuple[str, tuple[int, ...]], ...], list[str]] = {}
        for task, row in rows.items():
            alike.setdefault(tuple(row.items()), []).append(task)
        blocks = []
        for row_items, tasks in alike.items():
            by_seeds: dict[tuple[int, ...], list[str]] = {}
            for method, its_seeds in row_items:
                by_seeds.setdefault(its_seeds, []).append(method)
            blocks += [{"tasks": tasks, "methods": m, "seeds": show_seeds(s)} for s, m in by_seeds.items()]
        return blocks

    def save(self, out: Path) -> None:
        """Write <out>/matrix.toml whole or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        value: dict[str, Any] = {"reference": self.reference}
        if self.margin is not None:
            value["margin"] = self.margin
        if self.matrix:
            value["matrix"] = self.matrix
        if self.ranked:
            value |= {"ranked": list(self.ranked), "ranked_late": self.ranked_late}
        if self.looks:
            value["looks"] = {"seeds": list(self.looks.seeds), "among": self.looks.among}
        if self.raised:
            value["raised"] = True
        value["cells"] = self.blocks()
        value["tasks"] = {
            t.name: {
                "domain": t.domain,
                "dataset": _table(t.dataset),
                "recipe_name": t.recipe_name,
                "recipe": _known(t.recipe),
                "select": t.select,
                "classification": t.classification,
                **({"primary": asdict(t.judged_by)} if t.judged_by else {}),
            }
            for t in self.tasks.values()
        }
        value["methods"] = {m.name: {"control": m.control, "call": _table(m.call)} for m in self.methods.values()}
        text = _HEADER + tomli_w.dumps(value)
        write_text(out / "matrix.toml", text)


def _known(params: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    # TOML has no null, so a parameter that is None is written as an empty table.
    return {k: {} if v is None else list(v) if isinstance(v, tuple) else v for k, v in params}


def _table(call: Call) -> dict[str, Any]:
    return {"name": call.name, "params": _known(call.params)}


def _call(table: dict[str, Any]) -> Call:
    return Call(table["name"], tuple((k, _value(v)) for k, v in table["params"].items()))


def _value(value: Any) -> Any:
    return None if value == {} else tuple(value) if isinstance(value, list) else value


def task_stems(manifest: Manifest) -> dict[str, str]:
    """Task -> the name of its files in the folder, without suffix. A domain's table has the domain's own name."""
    return file_stems(manifest.tasks, {task.domain for task in manifest.tasks.values()})


def load_manifest(out: Path) -> Manifest:
    """Read a results folder's manifest; an empty one if it has no matrix.toml.

    Raises:
        InputError: ``mixsuite run`` did not write the file, or it cannot be read.
    """
    for name in ("records", "leaderboard", "gallery", "trend", "predictions", "weights", "losses"):
        if (out / name).is_symlink():
            raise InputError(f"{out / name}: is a link; a results folder is written to, and its folders are its own")
    path = out / "matrix.toml"
    if not path.exists():
        return Manifest()
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest(value["reference"], value.get("margin"), value.get("matrix", ""))
        Margin.parse(manifest.margin)
        manifest.looks, manifest.raised = _looks(value.get("looks")), bool(value.get("raised", False))
        manifest.ranked, manifest.ranked_late = tuple(value.get("ranked", ())), bool(value.get("ranked_late", False))
        for name, t in value["tasks"].items():
            recipe = tuple((k, _value(v)) for k, v in t["recipe"].items())
            manifest.tasks[name] = Task(
                name, t["domain"], _call(t["dataset"]), t["recipe_name"], recipe, t["select"], t["classification"],
                judged_by=Primary(**t["primary"]) if "primary" in t else None,
            )  # fmt: skip
            _check_names(path, name, t["domain"], t["recipe_name"], t["dataset"]["name"])
            _check_task(name, t)
        for name, m in value["methods"].items():
            _check_names(path, name, m["call"]["name"])
            _check_call(name, m["call"])
            manifest.methods[name] = MethodSpec(name, _call(m["call"]), control=m["control"])
        _check_names(path, manifest.reference)
        if not set(manifest.ranked) <= manifest.methods.keys():
            raise ValueError(f"ranked {manifest.ranked}")
        _check_names(path, manifest.matrix)
        for block in value["cells"]:
            for task in block["tasks"]:
                for method in block["methods"]:
                    seeds = parse_seeds(block["seeds"])
                    manifest.cells.setdefault((manifest.tasks[task].name, manifest.methods[method].name), set()).update(
                        seeds
                    )
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, OSError) as error:
        # TOML's and unicode's errors are ValueErrors.
        raise InputError(f"{path}: not a matrix that mixsuite wrote ({type(error).__name__}: {error})") from None
    return manifest


def _looks(value: dict[str, Any] | None) -> Looks | None:
    """The looks that a manifest declares.

    Raises:
        ValueError: they are no ascending numbers of seeds, or among no methods.
    """
    if value is None:
        return None
    seeds, among = tuple(value["seeds"]), value["among"]
    whole = all(type(number) is int and 1 < number < 10**6 for number in seeds)
    if not seeds or not whole or list(seeds) != sorted(set(seeds)) or type(among) is not int or among < 1:
        raise ValueError(f"looks {value!r:.60}")
    return Looks(seeds, among)


def _check_names(path: Path, shown: str, *bare: str) -> None:
    """Refuse names that no run could have written: the folder may come from a stranger.

    Args:
        path: of the manifest.
        shown: a name with parameters.
        *bare: names that become parts of paths, or by which code is found.

    Raises:
        InputError: a name that is no text, has characters that are not printable, or is a path.
    """
    for name in (shown, *bare):
        if not isinstance(name, str) or not name.isprintable():
            raise InputError(f"{path}: not a matrix that mixsuite wrote (the name {name!r:.60})")
    for name in bare:
        if re.search(r"[/\\]|^\.|\.py$", name):
            raise InputError(f"{path}: not a matrix that mixsuite wrote ('{name}' is no name)")


def _check_task(name: str, task: dict[str, Any]) -> None:
    """Refuse a task whose values are of other kinds than a run writes.

    Raises:
        ValueError: one is; the message says which.
        InputError: its recipe is stretched by no number.
    """
    _check_call(name, task["dataset"])
    if not re.fullmatch(r"[A-Za-z_]\w{0,80}", task["domain"]):
        raise ValueError(f"domain {task['domain']!r:.60}")
    parse_stretched(task["recipe_name"])
    if task["select"] not in ("last", "best_validation") or not isinstance(task["classification"], bool):
        raise ValueError(f"select or classification of {name}")
    if not all(map(_is_plain, task["recipe"].values())):
        raise ValueError(f"recipe of {name}")
    metric = task.get("primary", {"name": "error"})["name"]
    if not isinstance(metric, str) or not metric.isprintable() or not metric:
        raise ValueError(f"primary of {name}")


def _check_call(name: str, call: dict[str, Any]) -> None:
    """Refuse a name that is not that of its call, or parameters that no run has.

    Raises:
        ValueError: one is.
    """
    if not re.match(rf"{re.escape(call['name'])}(?![\w.])", name) or name[0] in "=+-@|":
        raise ValueError(f"the name {name!r:.60} of a call of {call['name']!r:.60}")
    if not all(map(_is_plain, call["params"].values())):
        raise ValueError(f"parameters of {name}")


def _is_plain(value: Any) -> bool:
    return (
        value == {}
        or isinstance(value, str | bool | int | float)
        or (isinstance(value, list) and all(map(_is_plain, value)))
    )
