"""Pictures: written whole, of what the engine mixes, in every domain that ships."""

import numpy as np
import pytest

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.plots import page
from mixsuite.plots.gallery import draw_gallery
from mixsuite.plots.scene import make_scene, open_task
from mixsuite.experiment.resolve import resolve, resolve_method, resolve_task
from mixsuite.results.manifest import Manifest

TASKS = ["digits(rows=150)", "wine(rows=24)", "diabetes(rows=150)", "japanese_vowels(rows=120)", "mutag(rows=80)"]


def task_of(text):
    return resolve_task(text, load_matrix("quick"))


@pytest.mark.parametrize("text", TASKS)
def test_a_scene_is_what_the_engine_mixes(text, tmp_path):
    scene = make_scene(open_task(task_of(text), tmp_path, 0), resolve_method("mixup"))
    share = float(scene.words[0][2].split(" x ")[0])
    assert 0.05 < share < 0.95
    np.testing.assert_allclose(
        scene.mixed[0],
        share * scene.own[0] + (1 - share) * scene.partner[0],
        atol=0.006 * np.abs(scene.own[0]).max() + 0.01,
    )
    assert scene.inputs
    assert scene.points.shape == (3, len(scene.words), 2)


@pytest.mark.parametrize("text", TASKS)
@pytest.mark.parametrize("method", ["mixup", "mixup(site=embedding)", "multi_mix(k=2)"])
def test_show_writes_a_png(mixsuite, tmp_path, text, method):
    path = tmp_path / "deep" / "mix.png"
    found = mixsuite("show", method, text, "-o", path)
    assert found.status == 0, found.err
    assert path.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.rglob("*.part"))


def test_show_says_why_not(mixsuite, tmp_path):
    found = mixsuite("show", "cutmix", "wine", "-o", tmp_path / "x.png")
    assert found.status == 2
    assert "made for images, speech, not for tabular" in found.err
    assert not (tmp_path / "x.png").exists()
    (tmp_path / "file").write_text("")
    found = mixsuite("show", "mixup", "wine", "-o", tmp_path / "file" / "x.png")
    assert found.status == 2
    assert "cannot be written" in found.err


def test_the_gallery_has_one_picture_a_task_and_is_drawn_once(tmp_path):
    shown = Manifest()
    shown.add(resolve(load_matrix("quick"), ["mixup", "cutmix"], ["digits(rows=150)", "wine"], (0,)).runs())
    shown.save(tmp_path)
    written = draw_gallery(tmp_path, tmp_path, set())
    assert sorted(p.name for p in written) == ["digits-rows=150-.png", "wine-rows=24--test=0.6-.png"]
    assert draw_gallery(tmp_path, tmp_path, set()) == []
    assert len(draw_gallery(tmp_path, tmp_path, {"digits(rows=150)"})) == 1


def test_missing_data_are_bad_input(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        page.show(task_of("fsdd"), resolve_method("mixup"), tmp_path, tmp_path / "x.png")


def test_a_method_or_loader_that_fails_is_one_line_with_its_own(mixsuite, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mixsuite("new-method", "mine")
    source = (tmp_path / "mine.py").read_text()
    for wrong, said in (
        ("lam / 0 - lam / 0", "plan: wx must lie in [0, 1], has NaN"),
        ("batch.none", "mine.py, line "),
    ):
        (tmp_path / "mine.py").write_text(source.replace("over(lam, batch.shape)", f"over({wrong}, batch.shape)"))
        refused = mixsuite("show", "./mine.py", "iris")
        assert refused.status == 2
        assert said in refused.err
        assert refused.err.count("\n") == 1
        assert not (tmp_path / "mix.png").exists()
