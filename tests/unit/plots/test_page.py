"""Pictures: written whole, in every domain that ships."""

import pytest
from support.matrices import GOOD, POINTS, load_text
from support.paths import TOYS

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_method, resolve_task
from mixsuite.plots import page

TASKS = [
    "digits(rows=150)",
    "wine(rows=24)",
    "diabetes(rows=150)",
    "japanese_vowels(rows=120)",
    "b3db(rows=80, test=0.4)",
]


def task_of(text):
    return resolve_task(text, load_matrix("quick"))


@pytest.mark.parametrize("method", ["mixup", "mixup(site=hidden)"])
def test_a_picture_is_drawn_and_drawn_the_same_again(tmp_path, method):
    pictures = []
    for name in ("one.png", "two.png"):
        page.show(task_of("wine(rows=24)"), resolve_method(method), tmp_path, tmp_path / name, examples=1)
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0] == pictures[1]
    assert pictures[0].startswith(b"\x89PNG")


@pytest.mark.slow
def test_an_outside_domain_draws_its_own_rows(tmp_path):
    matrix = load_text(tmp_path, GOOD + POINTS)
    task = resolve_task(f"{TOYS / 'gaussians.py'}", matrix)
    page.show(task, resolve_method(f"{TOYS / 'gan.py'}"), tmp_path, tmp_path / "x.png", examples=1)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
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


def test_missing_data_are_bad_input(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        page.show(task_of("fsdd"), resolve_method("mixup"), tmp_path, tmp_path / "x.png")


@pytest.mark.slow
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
