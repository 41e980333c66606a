"""Draw <out>/gallery/<task>.png: what every method of a results folder does to an early batch of the task."""

from __future__ import annotations

from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.experiment.spec import file_names
from mixsuite.plots.page import gallery
from mixsuite.results.manifest import load_manifest


def draw_gallery(out: Path, root: Path, trained: set[str]) -> list[Path]:
    """Draw the tasks that this call trained and those without a picture; return the files written.

    An outside method or data set of an earlier call is left out, since its file is not known here.

    Args:
        out: the results folder.
        root: the data root.
        trained: the names of the tasks that this call trained.

    Raises:
        InputError: the folder's manifest is not valid.
    """
    manifest = load_manifest(out)
    names = file_names(list(manifest.tasks.values()))
    written = []
    for task in manifest.tasks.values():
        path = out / "gallery" / f"{names[task.name]}.png"
        if path.exists() and task.name not in trained:
            continue
        methods = [m for m in manifest.methods.values() if (task.name, m.name) in manifest.cells]
        try:
            gallery(task, methods, root, path)
        except (InputError, ImportError):
            continue  # the run's own records say what is wrong with the task
        written.append(path)
    return written
