"""The gallery of a results folder."""

import pytest
from support.matrices import GOOD, POINTS, load_text
from support.paths import TOYS
from support.sources import INTRA_MIX

from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.plots import gallery as module
from mixsuite.plots.gallery import draw_gallery
from mixsuite.results.manifest import Manifest


@pytest.mark.slow
def test_the_gallery_has_one_picture_a_task_and_is_drawn_once(tmp_path):
    manifest = Manifest()
    manifest.add(resolve(load_matrix("quick"), ["mixup", "cutmix"], ["digits(rows=150)", "wine"], (0,)).runs())
    manifest.save(tmp_path)
    assert draw_gallery(tmp_path, tmp_path, set()) == {}
    pictures = sorted((tmp_path / "gallery").iterdir())
    assert [path.name for path in pictures] == ["digits-rows=150-.png", "wine-rows=24--test=0.6-.png"]
    for path in pictures:
        path.write_bytes(b"")
    draw_gallery(tmp_path, tmp_path, {"digits(rows=150)"})
    assert [path.stat().st_size > 0 for path in pictures] == [True, False]


def test_a_task_that_cannot_be_drawn_ends_its_own_picture_alone(tmp_path, monkeypatch):
    manifest, real = Manifest(), module.gallery
    manifest.add(resolve(load_matrix("quick"), ["mixup"], ["iris(rows=20)", "wine"], (0,)).runs())
    manifest.save(tmp_path)

    def broken(task, methods, root, path):
        if task.dataset.name == "iris":
            raise ValueError("SVD did not converge")
        real(task, methods, root, path)

    monkeypatch.setattr(module, "gallery", broken)
    assert draw_gallery(tmp_path, tmp_path, set()) == {"iris(rows=20)": "ValueError: SVD did not converge"}
    assert [path.name for path in (tmp_path / "gallery").iterdir()] == ["wine-rows=24--test=0.6-.png"]


def test_an_outsiders_method_and_missing_data_are_left_out(tmp_path):
    (tmp_path / "intra_mix.py").write_text(INTRA_MIX)
    manifest = Manifest()
    methods = ["erm", str(tmp_path / "intra_mix.py")]
    manifest.add(resolve(load_matrix("quick"), methods, ["iris(rows=20)", "fsdd"], (0,)).runs())
    manifest.save(tmp_path)
    assert draw_gallery(tmp_path, tmp_path, set()) == {}
    assert [path.name for path in (tmp_path / "gallery").iterdir()] == ["iris-rows=20-.png"]


def test_tasks_of_outsiders_are_left_out(tmp_path):
    manifest = Manifest()
    manifest.add(resolve(load_text(tmp_path, GOOD + POINTS), ["erm"], [str(TOYS / "gaussians.py")], (0,)).runs())
    manifest.save(tmp_path)
    assert draw_gallery(tmp_path, tmp_path, set()) == {}
    assert not (tmp_path / "gallery").exists()
