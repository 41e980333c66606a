"""Start files: what is written passes the kit, and what cannot be written is refused."""

import pytest

from mixsuite.testing import check, problems


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_start_file_passes_the_kit_as_it_stands(mixsuite, here):
    made = mixsuite("new-method", "my_mixup")
    assert (made.status, made.out) == (0, "written: my_mixup.py; try it: mixsuite check ./my_mixup.py\n")
    found = check("./my_mixup.py(alpha=0.4)")
    assert problems(found) == []
    assert not [f for f in found if f.check == "target follows the signal" and f.status == "note"]  # declared
    source = (here / "my_mixup.py").read_text()
    assert "class MyMixup(Method):" in source
    # The parts that are commented out are right too.
    (here / "whole.py").write_text(source.replace("    # def ", "    def ").replace("    #     ", "        "))
    assert problems(check("./whole.py")) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mixup", "'mixup' is a built-in method"),
        ("My-Mix", "a name in small letters"),
        ("class", "a name in small letters"),
    ],
)
def test_a_name_that_cannot_be_is_refused(mixsuite, here, name, said):
    refused = mixsuite("new-method", name)
    assert refused.status == 2
    assert said in refused.err
    assert list(here.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(mixsuite, here):
    (here / "mine.py").write_text("precious")
    refused = mixsuite("new-method", "mine")
    assert refused.status == 2
    assert "mine.py is there already" in refused.err
    assert (here / "mine.py").read_text() == "precious"
