"""<out>/gallery/<task>.png: what every method of a results folder does to the task's first batch."""

from __future__ import annotations

from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.pictures.page import gallery
from mixsuite.shown import load_shown
from mixsuite.spec import file_names


def draw_gallery(out: Path, root: Path, trained: set[str]) -> list[Path]:
    """Draw the tasks that were trained just now and those without a picture; the files written.

    An outsider's method or data set that came with a former call is left out: its file is not known here.
    """
    shown = load_shown(out)
    names = file_names(list(shown.tasks.values()))
    written = []
    for task in shown.tasks.values():
        path = out / "gallery" / f"{names[task.name]}.png"
        if path.exists() and task.name not in trained:
            continue
        methods = [m for m in shown.methods.values() if (task.name, m.name) in shown.cells]
        try:
            gallery(task, methods, root, path)
        except (InputError, ImportError):
            continue  # the run's own records say what is wrong with the task
        written.append(path)
    return written
