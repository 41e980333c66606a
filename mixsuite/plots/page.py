"""Draw scenes as PNG files: one method in several examples, or all methods of a task in one picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mixsuite.errors import InputError, SkipRun
from mixsuite.experiment.spec import MethodSpec, Task
from mixsuite.plots.save import save
from mixsuite.plots.scene import Scene, Stage, make_scene, open_task
from mixsuite.plugins.guard import guarded
from mixsuite.plugins.load import user_code_location

_WIDTH, _STRIP = 2.2, 0.75  # inches: the width of a panel, and the height of one that shows a strip
_COLOURS = "tab10"
Draw = Callable[[Any, list[np.ndarray]], None]


def _bare(axis: Any, title: str) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_title(title, fontsize=8, pad=3)


def _examples(axes: Any, scene: Scene, row: int, draw: Draw) -> None:
    """Draw three panels: the own row, its partner, and the mixed row."""
    one, two, both = scene.words[row]
    for axis, leaves, title in zip(
        axes, (scene.own, scene.partner, scene.mixed), (f"own: {one}", f"partner: {two}", both), strict=True
    ):
        draw(axis, [leaf[row] for leaf in leaves])
        _bare(axis, title)


def _cloud(axis: Any, scene: Scene, title: str) -> None:
    """Draw rows at a hidden site in the plane of their two main directions: rows as dots, mixed rows as crosses."""
    own, partner, mixed = scene.points
    for a, b in zip(own, partner, strict=True):
        axis.plot([a[0], b[0]], [a[1], b[1]], color="0.85", linewidth=0.6, zorder=1)
    axis.scatter(*own.T, c=scene.classes % 10, cmap=_COLOURS, vmin=0, vmax=9, s=14, zorder=2)
    axis.scatter(
        *mixed.T, c=scene.classes % 10, cmap=_COLOURS, vmin=0, vmax=9, s=22, marker="x", linewidths=1, zorder=3
    )
    _bare(axis, title)


def _cloud_title(scene: Scene) -> str:
    return f"at '{scene.site}': rows (dots) and mixed rows (crosses), two main directions"


def _figure(rows: int, columns: int, width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height + 0.5), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def show(task: Task, method: MethodSpec, root: Path, path: Path, seed: int = 0, examples: int = 4) -> None:
    """Draw what one method does to the rows of an early batch of a task, as a PNG.

    Args:
        task: the task.
        method: the method.
        root: the data root.
        path: the file to write.
        seed: of the run whose batch is shown.
        examples: number of rows shown.

    Raises:
        InputError: the method does not apply there, the data are missing, or the file cannot be written.
    """
    try:
        with guarded():
            stage = open_task(task, root, seed)
            scene = make_scene(stage, method)
    except SkipRun as skip:
        raise InputError(f"{method.name} x {task.name}: {skip}") from None
    except (InputError, KeyboardInterrupt):
        raise
    except BaseException as error:
        where = user_code_location(error)
        if not where and isinstance(error, Exception) and not isinstance(error, ValueError):
            raise
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}{where}"
        raise InputError(f"{method.name} x {task.name}: {reason}") from error
    count = min(examples, len(scene.words))
    if scene.inputs:
        figure, axes = _figure(count, 3, _WIDTH, _STRIP if stage.parts.domain.strip else _WIDTH * 0.85)
        for place, row in enumerate(_chosen(scene, count)):
            _examples(axes[place], scene, row, stage.parts.domain.draw_row)
    else:
        figure, axes = _figure(1, 1, 6.5, 4.6)
        _cloud(axes[0, 0], scene, _cloud_title(scene))
    figure.suptitle(f"{scene.method} on {task.name}\nat '{scene.site}', seed {seed}", fontsize=9)
    save(figure, path)


def _chosen(scene: Scene, count: int) -> list[int]:
    """Choose rows to show: spread over the plan, those whose target differs from their partner's first.

    They are spread because a plan of several interpolations lists these one after another.
    """
    spread = [round(i) for i in np.linspace(0, len(scene.words) - 1, count * 3)]
    order = sorted(dict.fromkeys(spread), key=lambda i: scene.words[i][0] == scene.words[i][1])
    return sorted(order[:count])


def gallery(task: Task, methods: list[MethodSpec], root: Path, path: Path, seed: int = 0) -> None:
    """Draw all methods of a task in one PNG, one row each: two examples, or the plane of a hidden site.

    Args:
        task: the task.
        methods: the methods, in the order of the rows; those that do not apply are left out.
        root: the data root.
        path: the file to write; nothing is written if no method applies.
        seed: of the run whose batch is shown.

    Raises:
        InputError: the data are missing, or the file cannot be written.
    """
    stage: Stage = open_task(task, root, seed)
    scenes = []
    for method in methods:
        try:
            scenes.append(make_scene(stage, method))
        except (SkipRun, InputError):  # it does not apply, or is an outside method whose file is not known here
            continue
    if not scenes:
        return
    height = _STRIP if stage.parts.domain.strip else _WIDTH * 0.7
    figure, axes = _figure(len(scenes), 6, _WIDTH * 0.9, height + 0.15)
    for line, scene in zip(axes, scenes, strict=True):
        if scene.inputs:
            for half, row in zip((line[:3], line[3:]), _chosen(scene, 2), strict=False):
                _examples(half, scene, row, stage.parts.domain.draw_row)
        else:
            grid = line[0].get_gridspec()
            number = line[0].get_subplotspec().rowspan.start
            for axis in line:
                axis.remove()
            _cloud(figure.add_subplot(grid[number, :]), scene, _cloud_title(scene))
            line[0] = figure.axes[-1]
        line[0].set_ylabel(scene.method, fontsize=8, rotation=0, ha="right", va="center", labelpad=8)
    figure.suptitle(f"{task.name}: an early batch of seed {seed}", fontsize=10)
    save(figure, path)
