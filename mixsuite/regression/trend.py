"""Draw each task's history: one line per method, with a mark and the commit at each step."""

from __future__ import annotations

from pathlib import Path

from mixsuite.plots.save import save
from mixsuite.regression.history import Point, load_history, steps
from mixsuite.results.manifest import load_manifest, task_stems

_LINES = 8  # most methods in a picture, those with steps first; more lines cannot be told apart


def draw_trends(out: Path, path: Path) -> list[str]:
    """Draw <out>/trend/<task>.png for each task of the folder that has at least two points in the history.

    Returns:
        One sentence per step, which names the commit.

    Raises:
        InputError: the file is not a history, or a picture cannot be written.
    """
    history, manifest = load_history(path), load_manifest(out)
    tasks, names, sentences = list(manifest.tasks.values()), task_stems(manifest), list[str]()
    pictures = {}
    for task in tasks:
        key = (task.domain, task.shown_dataset, task.recipe_name)
        lines = {method: points for (*front, method), points in history.items() if tuple(front) == key}
        if max(map(len, lines.values()), default=0) < 2:
            continue
        pictures[out / "trend" / f"{names[task.name]}.png"] = task.name, lines
        sentences += [
            f"step: {task.name}, {method}: {step.after.primary.name} {step.before.mean:.4g} -> {step.after.mean:.4g} "
            f"at commit {step.after.commit or 'unknown'} ({step.after.date})"
            for method, points in lines.items()
            for step in steps(points)
        ]
    for stale in (out / "trend").glob("*.png"):
        if stale not in pictures:
            stale.unlink()
    for picture, (name, lines) in pictures.items():
        _draw(picture, name, lines)
    return sentences


def _draw(picture: Path, title: str, lines: dict[str, list[Point]]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    commits = _order(lines)
    place = {commit: x for x, commit in enumerate(commits)}
    chosen = sorted(lines, key=lambda method: (not steps(lines[method]), list(lines).index(method)))[:_LINES]
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, method in enumerate(m for m in lines if m in chosen):
        points, aside = lines[method], 0.025 * (number - (len(chosen) - 1) / 2)  # shifts intervals apart
        x, y = [place[p.commit, p.date] + aside for p in points], [p.mean for p in points]
        half = [[max(p.mean - p.low, 0.0) for p in points], [max(p.high - p.mean, 0.0) for p in points]]
        drawn = axes.errorbar(x, y, yerr=half, label=method, marker="o", markersize=4, capsize=2, linewidth=1.2)
        for after in (step.after for step in steps(points)):
            at = place[after.commit, after.date] + aside
            axes.plot(at, after.mean, marker="o", markersize=13, fillstyle="none", color=drawn[0].get_color())
            top = at, max(after.high, after.mean)
            axes.annotate(after.commit or after.date, top, (0, 7), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xticks(range(len(commits)), [f"{c[:9] or '?'}\n{d}" for c, d in commits], fontsize=8)
    axes.set_xlim(-0.5, len(commits) - 0.5)
    axes.margins(y=0.2)
    metric = next(iter(lines.values()))[-1].primary.name
    axes.set_ylabel(f"{metric}, mean and 95 % interval over seeds", fontsize=9)
    left_out = f" ({len(lines) - len(chosen)} methods without a step left out)" if len(lines) > len(chosen) else ""
    axes.set_title(f"{title}{left_out}", fontsize=10)
    axes.grid(axis="y", linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, picture)


def _order(lines: dict[str, list[Point]]) -> list[tuple[str, str]]:
    """The (commit, date) of every point, by date; within a day in the order of the methods' own points."""
    commits: list[tuple[str, str]] = []
    for points in sorted(lines.values(), key=len, reverse=True):
        for p in points:
            if (p.commit, p.date) not in commits:
                commits.append((p.commit, p.date))
    return sorted(commits, key=lambda at: (at[1], commits.index(at)))
