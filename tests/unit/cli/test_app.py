"""Bad input: one line, exit status 2, nothing written. And what the light commands print."""

import pytest

BAD = [
    (("run", "quik"), "unknown matrix 'quik'; did you mean 'quick'?"),
    (("run", "quick", "--methods", "mixpu"), "unknown method 'mixpu'; did you mean 'mixup'?"),
    (("run", "quick", "--methods", "mixup(alpha=-1)"), "alpha=-1.0: allowed is > 0"),
    (("run", "quick", "--methods", "mixup(alpha=1"), "is not of the form"),
    (("run", "quick", "--methods", "mixup(bta=1)"), "unknown parameter of method 'mixup' 'bta'"),
    (("run", "quick", "--datasets", "digts"), "unknown dataset 'digts'; did you mean 'digits'?"),
    (("run", "quick", "--datasets", "wine@tabular_mpl"), "unknown recipe 'tabular_mpl'; did you mean 'tabular_mlp'?"),
    (("run", "quick", "--datasets", "wine(rows=1)"), "rows=1: allowed is 2 or more"),
    (("run", "quick", "--seeds", "5-2"), "seeds '5-2': 5-2 runs backwards; write 2-5"),
    (("run", "quick", "--seeds", "x"), "seeds 'x': allowed are forms such as"),
    (("run", "quick", "--data", "/nonexistent"), "--data /nonexistent: no such folder"),
    (("run", "quick", "--device", "cuda"), "torch sees no CUDA device"),
    (("run", "quick", "--device", "gpu"), "'gpu' is not one of 'auto', 'cpu', 'cuda'"),
    (("run", "quick", "--workers", "0"), "Invalid value for '--workers'"),
    (("run", "quick", "--sedes", "1"), "No such option: --sedes"),
    (("run", "quick", "--datasets", ""), "no cell is left to run"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=lambda v: " ".join(v[1:]) if isinstance(v, tuple) else "")
def test_bad_input_is_one_line_and_nothing_is_written(mixsuite, tmp_path, arguments, said):
    import torch

    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    out = tmp_path / "out"
    found = mixsuite(*arguments, "--out", out)
    assert found.status == 2
    assert said in found.err
    assert len(found.err.strip().splitlines()) == 1, found.err
    assert "Traceback" not in found.err
    assert not out.exists()


def test_an_unknown_key_malformed_toml_and_a_bad_value_name_the_file(mixsuite, tmp_path, tiny):
    for change, said in [
        (("seeds =", "sedes ="), "unknown key 'sedes'; did you mean 'seeds'?"),
        (("lr = 0.1", "lr = "), "line 8"),
        (("lr = 0.1", "lr = -1"), "recipes.tiny.lr = -1"),
    ]:
        bad = tmp_path / "bad.toml"
        bad.write_text(tiny.read_text().replace(*change))
        found = mixsuite("run", bad, "--out", tmp_path / "out")
        assert found.status == 2
        assert said in found.err
        assert str(bad) in found.err
    assert not (tmp_path / "out").exists()


def test_a_data_folder_that_lacks_what_is_asked(mixsuite, tmp_path):
    found = mixsuite("run", "quick", "--datasets", "fashion_mnist", "--data", tmp_path, "--out", tmp_path / "out")
    assert found.status == 2
    assert "train-images-idx3-ubyte is missing; get it from" in found.err
    assert not (tmp_path / "out").exists()


def test_an_out_that_cannot_be_made(mixsuite, tmp_path, tiny):
    (tmp_path / "file").write_text("")
    found = mixsuite("run", tiny, "--out", tmp_path / "file" / "out")
    assert found.status == 2
    assert "cannot be made" in found.err
    assert len(found.err.strip().splitlines()) == 1 or "0 of" not in found.err


def test_more_rows_than_there_are_is_found_before_anything_is_written(mixsuite, tmp_path, tiny):
    found = mixsuite("run", tiny, "--datasets", "wine(rows=500)@tiny", "--out", tmp_path / "out")
    assert found.status == 2
    assert "rows=500: Wine has 100 training rows at most" in found.err
    assert not (tmp_path / "out").exists()


def test_a_foreign_line_in_the_records_is_named(mixsuite, tmp_path, tiny):
    records = tmp_path / "out" / "records"
    records.mkdir(parents=True)
    (records / "iris.jsonl").write_text("not ours\n")
    found = mixsuite("run", tiny, "--out", tmp_path / "out")
    assert found.status == 2
    assert "iris.jsonl, line 1: not a line of JSON" in found.err
    assert not (tmp_path / "out" / "matrix.toml").exists()


def test_leaderboard_without_results_says_how_to_make_them(mixsuite, tmp_path):
    found = mixsuite("leaderboard", "--out", tmp_path)
    assert found.status == 2
    assert "mixsuite run MATRIX" in found.err


@pytest.mark.parametrize(
    ("what", "wanted"),
    [("methods", "mixup  Convex"), ("datasets", "titanic  1,309 passengers"), ("matrices", "quick")],
)
def test_list_shows_what_there_is(mixsuite, what, wanted):
    found = mixsuite("list", what)
    assert found.status == 0
    assert wanted in found.out


def test_help_names_the_exit_statuses(mixsuite):
    found = mixsuite("run", "--help")
    assert found.status == 0
    assert "130 interrupted" in found.out


def test_a_dry_run_counts_and_writes_nothing(mixsuite, tmp_path, tiny):
    found = mixsuite("run", tiny, "--dry-run", "--out", tmp_path / "out")
    assert found.status == 0
    assert found.out.splitlines()[-1].startswith("4 of 4 runs to train, about ")
    assert "   2  iris(rows=20)@tiny  mixup" in found.out
    assert not (tmp_path / "out").exists()
