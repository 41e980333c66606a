"""From saved weights to a matrix that starts from them, and augmentations of every kind, through the command line."""

import numpy as np
import pandas as pd
import pytest
import torch

from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve, resolve_task
from mixsuite.results.record_files import read_records

MATRIX = """
seeds = "0-1"
datasets = ["iris(rows=20)@first"]
methods = ["erm", "mixup"]

[recipes.first]
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 20
batch = 8
"""


@pytest.fixture
def here(tmp_path, monkeypatch, in_process):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first.toml").write_text(MATRIX)
    return tmp_path


def tuned(weights, dataset="iris(rows=20)", steps=1, **more):
    lines = "".join(f"{key} = {value!r}\n" for key, value in more.items())
    text = MATRIX.replace("iris(rows=20)@first", f"{dataset}@first").replace("steps = 20", f"steps = {steps}")
    return text.replace("lr = 0.1", "lr = 1e-9") + f'weights = "{weights}"\n' + lines


def test_a_run_starts_from_what_another_has_saved(mixsuite, here):
    assert mixsuite("run", "first.toml", "--out", "first", "--save-weights").status == 0
    files = sorted((here / "first" / "weights").iterdir())
    assert len(files) == 4
    record = read_records(here / "first")[files[0].stem]
    (here / "second.toml").write_text(tuned(files[0]))
    made = mixsuite("run", "second.toml", "--out", "second")
    assert made.status == 0, made.err
    # One step at a rate of next to nothing: on the rows of its own seed it is as good as before.
    again = [r for r in read_records(here / "second").values() if r.spec["seed"] == record.spec["seed"]]
    assert len(again) == 2
    for other in again:
        np.testing.assert_allclose(other.metrics["nll"], record.metrics["nll"], rtol=1e-4)
        assert other.digests["init"] == record.digests["weights"]


def test_weights_are_known_by_their_content_not_by_their_place(mixsuite, here):
    mixsuite("run", "first.toml", "--out", "first", "--save-weights", "--seeds", "0", "--methods", "erm")
    (file,) = (here / "first" / "weights").iterdir()
    (here / "moved.pt").write_bytes(file.read_bytes())
    tasks = []
    for name in (file, "moved.pt"):
        (here / "m.toml").write_text(tuned(name))
        tasks.append(resolve_task("iris(rows=20)@first", load_matrix("m.toml")))
    assert tasks[0].canonical() == tasks[1].canonical()
    assert len(dict(tasks[0].recipe)["weights"]) == 16
    assert str(here) not in str(tasks[0].canonical())


def test_weights_of_another_net_are_refused_before_anything_is_trained(mixsuite, here):
    torch.save({"a": torch.zeros(3)}, here / "other.pt")
    (here / "m.toml").write_text(tuned("other.pt"))
    refused = mixsuite("run", "m.toml", "--out", "out")
    assert refused.status == 2
    assert "other.pt: 'a' is no tensor of the model, and 4 more" in refused.err and refused.err.count("\n") == 1
    (here / "m.toml").write_text(tuned("absent.pt"))
    refused = mixsuite("run", "m.toml", "--out", "out")
    assert (refused.status, "absent.pt: cannot be read" in refused.err) == (2, True)


OWN = '''
from dataclasses import dataclass

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class Dim(Augmentation):
    """Rows times a share."""

    share: float = 0.5

    def augment(self, x, rng, seen):
        return x * (1 - self.share * rng.uniform(len(x), kind="dim")[:, None])
'''


def test_an_own_augmentation_trains_beside_a_built_in_one_and_is_part_of_a_runs_identity(mixsuite, here):
    (here / "dim.py").write_text(OWN)
    (here / "m.toml").write_text(MATRIX + 'augment = "./dim.py(share=0.25)+column_noise"\n')
    assert mixsuite("run", "m.toml", "--out", "out").status == 0
    task = resolve_task("iris(rows=20)@first", load_matrix("m.toml"))
    assert dict(task.recipe)["augment"] == "dim(share=0.25)+column_noise(sd=0.1)"
    errors = pd.read_csv(here / "out" / "runs.csv").query("metric == 'nll'").set_index(["method", "seed"]).value
    assert mixsuite("run", "first.toml", "--out", "plain").status == 0
    plain = pd.read_csv(here / "plain" / "runs.csv").query("metric == 'nll'").set_index(["method", "seed"]).value
    assert (errors != plain.reindex(errors.index)).all()
    (here / "dim.py").write_text(OWN.replace("1 - self", "1 + self"))
    planned = mixsuite("run", "m.toml", "--out", "out", "--dry-run")
    assert "4 of 4 runs" in planned.out + planned.err


@pytest.mark.parametrize(
    ("augment", "said"),
    [
        ("flop", "unknown augmentation 'flop'; did you mean 'flip'?"),
        (
            "crop",
            "augmentation 'crop' is made for images, not for tabular (allowed: column_noise, swap_noise, or a file",
        ),
        ("column_noise(sd=-1)", "sd=-1"),
        ("column_noise(amount=1)", "unknown parameter of augmentation 'column_noise' 'amount'"),
        ("column_noise+", "is not of the form"),
        ("./absent.py", "augmentation file './absent.py' does not exist"),
    ],
)
def test_bad_augmentations_are_refused_in_one_line(mixsuite, here, augment, said):
    (here / "m.toml").write_text(MATRIX + f'augment = "{augment}"\n')
    refused = mixsuite("run", "m.toml", "--out", "out")
    assert refused.status == 2
    assert said in refused.err and refused.err.count("\n") == 1
    assert not (here / "out").exists()


def test_one_that_fails_on_the_rows_is_refused_with_its_line(mixsuite, here):
    (here / "dim.py").write_text(OWN.replace("[:, None])", ")"))
    (here / "m.toml").write_text(MATRIX + 'augment = "./dim.py"\n')
    refused = mixsuite("run", "m.toml", "--out", "out")
    assert refused.status == 2
    assert "augment dim(share=0.5): it does not run on these rows" in refused.err and "dim.py, line 14" in refused.err


def test_the_parts_of_a_task_are_one_object(here):
    (here / "m.toml").write_text(MATRIX + 'augment = "column_noise"\n')
    experiment = resolve(load_matrix("m.toml"))
    parts = experiment.parts_of["iris(rows=20)@first"]
    assert [type(step).__name__ for step in parts.augment] == ["ColumnNoise"]
    assert parts.weights is None
