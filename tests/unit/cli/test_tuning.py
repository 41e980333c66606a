"""tune: what is asked goes to the api, and its tables are printed."""

import pytest

from mixsuite import api

pytestmark = pytest.mark.usefixtures("in_process")


def test_tune_prints_the_tables_and_says_what_it_wrote(mixsuite, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("mixsuite.tuning.folds.MOST_REPEATS", 1)
    found = mixsuite("tune", tiny, "--trials", "2", "--seeds", "0", "--sampler", "grid", "--out", tmp_path / "out")
    assert found.status == 0, found.err
    assert found.out.startswith("iris(rows=20) (tiny): error, lower is better; candidates: by 1 x 5 folds\n")
    assert f"written: {tmp_path}/out/tuned.csv" in found.err


def test_every_option_reaches_the_api(mixsuite, monkeypatch, tmp_path):
    got = {}

    def tune(matrix, **asked):
        got.update(asked, matrix=matrix)
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "tune", tune)
    words = "--trials 3 --sampler random --methods a --datasets b --seeds 0 --out o --data d --device cpu --workers 2"
    assert mixsuite("tune", "m", *words.split(), "--timeout", "5").status == 130
    del got["watch"]
    assert {key: str(value) for key, value in got.items()} == {
        "matrix": "m", "trials": "3", "sampler": "random", "methods": "a", "datasets": "b", "seeds": "0", "out": "o",
        "data": "d", "device": "cpu", "workers": "2", "timeout": "5.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--trials", "0"], "--trials"),
        (["--sampler", "bayes"], "bayes"),
        (["--methods", "mixop"], "did you mean 'mixup'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(mixsuite, tiny, tmp_path, words, said):
    found = mixsuite("tune", tiny, "--out", tmp_path / "out", *words)
    assert (found.status, len(found.err.splitlines())) == (2, 1)
    assert said in found.err
    assert not (tmp_path / "out").exists()


def test_results_are_in_a_folder_of_the_matrixs_name(mixsuite, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mixsuite("tune", tiny, "--trials", "1", "--seeds", "0", "--methods", "erm").status == 0
    assert (tmp_path / "results" / "tune" / "tiny" / "tuned.toml").is_file()
