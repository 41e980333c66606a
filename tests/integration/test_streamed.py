"""Runs on rows that are read as they are needed, against the same runs on rows in memory."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.photos import photo_data, photos
from support.photos import photo_job as job

from mixsuite.data.state import Selectable
from mixsuite.errors import InputError
from mixsuite.evaluation.base import spread, value_range
from mixsuite.evaluation.measure import measure
from mixsuite.execution.execute import train_error
from mixsuite.experiment.build import make_probe
from mixsuite.experiment.resolve import resolve_probe
from mixsuite.training import checkpoint, lockstep, loop
from mixsuite.training.checkpoint import Stopped
from mixsuite.training.job import TrainResult

METHODS = [
    "erm", "mixup", "cutmix", "manifold_mixup", "multi_mix", "regmixup", "mixupe", "mixupe(version=1)", "saliencymix",
    "balanced_mixup", "ordered", "mixup(batch=2)", "aug_mix", "remix",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("photos")
    photos(top / "set", each=24, size=(16, 16))
    return top


def trained(one):
    (result,) = loop.fit([one])
    assert isinstance(result, TrainResult), result
    return result


@pytest.mark.parametrize("method", METHODS)
def test_a_run_comes_to_the_same_weights(folder, method):
    """Up to the rounding of pixels: a mean by sums of whole numbers, and standardising in float32."""
    held, read = (trained(job(folder, method, memory)) for memory in (1.0, 0.0))
    theirs = held.model.state_dict()
    for name, value in read.model.state_dict().items():
        torch.testing.assert_close(value, theirs[name], rtol=0, atol=1e-4, msg=name)
    same = ("init", "order", "draws")
    assert {k: read.digests[k] for k in same} == {k: held.digests[k] for k in same}


@pytest.mark.parametrize("values", [{"augment": "none"}, {"select": "best_validation"}])
def test_so_it_does_without_augmentation_and_with_the_best_weights(folder, values):
    held, read = (trained(job(folder, "mixup", memory, **values)) for memory in (1.0, 0.0))
    assert [point["step"] for point in held.curve] == [point["step"] for point in read.curve]
    for one, other in zip(held.curve, read.curve, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    assert train_error(read, job(folder, "mixup", 0.0, **values).data) == pytest.approx(
        train_error(held, job(folder, "mixup", 1.0, **values).data)
    )


@pytest.mark.slow
@pytest.mark.parametrize("method", ["mixup", "ordered", "balanced_mixup"])
def test_readers_change_nothing_and_neither_do_stops(folder, method, monkeypatch):
    monkeypatch.setattr(checkpoint, "APART", 3)
    whole = trained(job(folder, method, 0.0))
    assert trained(job(folder, method, 0.0, readers=2)).digests == whole.digests

    class Kept:
        name, content, stops = "kept", None, 0

        def load(self, device):
            return None if self.content is None else torch.load(io.BytesIO(self.content), device)

        def due(self):
            return True

        def keep(self, state):
            buffer = io.BytesIO()
            torch.save(state, buffer)
            self.content, self.stops = buffer.getvalue(), self.stops + 1
            raise Stopped

    kept, result = Kept(), Stopped()
    while isinstance(result, Stopped):
        (result,) = loop.fit([replace(job(folder, method, 0.0, readers=2), checkpoint=kept)])
    assert kept.stops == 3
    assert (result.digests, result.curve) == (whole.digests, whole.curve)


def test_seeds_do_not_train_side_by_side(folder):
    one = job(folder, "mixup", 0.0)
    assert isinstance(one.data.train.x, Selectable)
    assert not lockstep.lockstep_pays_off(one.model, one.data, one.recipe, 4)
    with pytest.raises(lockstep.Unstackable, match="not all in memory"):
        lockstep.fit([one])


def test_a_picture_that_changes_in_the_middle_ends_the_run_in_a_line(folder, tmp_path):
    paths = photos(tmp_path / "set", each=24, size=(16, 16))
    one = job(tmp_path, "mixup", 0.0, steps=200)
    beats = []

    def beat():
        beats.append(1)
        if len(beats) == 5:
            for path in paths:
                path.write_bytes(path.read_bytes() + b" ")

    (result,) = loop.fit([replace(one, beat=beat)])
    assert isinstance(result, InputError)
    assert str(result).endswith(".jpg: was changed while it was read; run it again")
    assert len(beats) == 5


def matrix(folder, asked, recipe=""):
    """A matrix on the pictures, read as they are needed. asked: its methods and seeds. recipe: further keys of it."""
    return f"""{asked}
reference = "erm"
datasets = ["folder(path='{folder / "set"}', size=16, memory=0.0)@read"]
[recipes.read]
model = "conv(width=4)"
optimizer = "sgd"
lr = 0.05
steps = 20
batch = 8
{recipe}
"""


@pytest.mark.slow
def test_the_command_line_trains_on_them_and_says_what_cannot(folder, tmp_path, monkeypatch, mixsuite):
    monkeypatch.chdir(tmp_path)
    Path("read.toml").write_text(
        matrix(folder, 'methods = ["erm", "mixup", "recursive_mix"]\nprobes = ["noise(std=0.1)"]\nseeds = "0-1"')
    )
    found = mixsuite("run", "read.toml", "--out", "out", "--data", tmp_path)
    assert "skipped: recursive_mix (it wants all rows at once" in found.out
    files = (tmp_path / "out" / "records").rglob("*.jsonl")
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    assert sorted((line["names"]["method"], line["status"]) for line in lines) == [
        *[("erm", "ok")] * 2, *[("mixup", "ok")] * 2, *[("recursive_mix", "skipped")] * 2,
    ]  # fmt: skip
    kept = [line["train_error"] for line in lines if line["status"] == "ok"]
    assert np.isfinite(kept).all()


def test_probes_see_the_range_of_many_rows(folder):
    held, read = (photo_data(folder, memory) for memory in (1.0, 0.0))
    for of in (spread, value_range):
        torch.testing.assert_close(of(read.shown().train.x), of(held.train.x), rtol=0, atol=1e-4)
    model = trained(job(folder, "erm", 1.0)).model
    found = [
        measure(make_probe(resolve_probe("noise(std=0.1)")), "noise", model, data, "images", 0) for data in (held, read)
    ]
    assert found[0]["metrics"] == pytest.approx(found[1]["metrics"], abs=1e-3)


@pytest.mark.slow
def test_two_processes_come_to_what_one_comes_to_on_them(folder, tmp_path, monkeypatch, mixsuite):
    monkeypatch.chdir(tmp_path)
    nll = []
    for devices in (1, 2):
        recipe = f'devices = {devices}\nprecision = "float64"'
        Path("read.toml").write_text(matrix(folder, 'methods = ["manifold_mixup"]\nseeds = "0"', recipe))
        assert mixsuite("run", "read.toml", "--out", str(devices), "--data", tmp_path).status == 0
        (file,) = (tmp_path / str(devices) / "records").rglob("*.jsonl")
        records = [json.loads(line) for line in file.read_text().splitlines()]
        assert [record["status"] for record in records] == ["ok", "ok"], [record["reason"] for record in records]
        nll.append({record["names"]["method"]: record["metrics"]["nll"] for record in records})
    assert nll[0] == pytest.approx(nll[1], abs=1e-9)
