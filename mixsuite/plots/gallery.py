"""Draw <out>/gallery/<task>.png: what every method of a results folder does to an early batch of the task."""

from __future__ import annotations

from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.plots.page import gallery
from mixsuite.plugins.load import told
from mixsuite.results.manifest import load_manifest, task_stems


def draw_gallery(out: Path, root: Path, trained: set[str]) -> dict[str, str]:
    """Draw the tasks that this call trained and those without a picture; return task -> why it could not be drawn.

    No picture is worth a table: whatever goes wrong with a task ends its picture alone.

    An outside method or data set of an earlier call is left out, since its file is not known here.

    Args:
        out: the results folder.
        root: the data root.
        trained: the names of the tasks that this call trained.

    Raises:
        InputError: the folder's manifest is not valid.
    """
    manifest = load_manifest(out)
    names = task_stems(manifest)
    not_drawn = {}
    for task in manifest.tasks.values():
        path = out / "gallery" / f"{names[task.name]}.png"
        if path.exists() and task.name not in trained:
            continue
        methods = [m for m in manifest.methods.values() if (task.name, m.name) in manifest.cells]
        try:
            gallery(task, methods, root, path)
        except (InputError, ImportError):
            continue  # the run's own records say what is wrong with the task
        except Exception as error:
            not_drawn[task.name] = told(error)
    return not_drawn
