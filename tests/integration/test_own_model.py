"""A net of a user's own in a matrix: any module, mixed at its named submodules, paired by seed."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from support.models import model_of
from support.nets import NET
from support.tasks import job_of
from torch import nn

from mixsuite import api
from mixsuite.domains.build import make_model
from mixsuite.errors import SkipRun
from mixsuite.mixing import Mixer
from mixsuite.training.loop import train

MATRIX = """
seeds = "0-1"
datasets = ["wine(rows=40)@own"]
methods = ["erm", "mixup", "manifold_mixup", "mixup(site=hidden)", "mixupe(site=hidden)"]

[recipes.own]
model = "./mine.py(width=6)"
optimizer = "sgd"
lr = 0.05
steps = 5
batch = 8
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(NET)
    (tmp_path / "m.toml").write_text(MATRIX)
    return tmp_path


@pytest.mark.slow
def test_it_trains_in_a_matrix_and_what_needs_stages_is_skipped_with_the_reason(own):
    outcome = api.run("m.toml", workers=1)
    table = pd.read_csv(own / "results" / "m" / "leaderboard" / "wine-rows=40--own.csv").set_index("method")
    assert table["status"].to_dict() == {
        "erm": "ok", "mixup": "ok", "manifold_mixup": "ok", 'mixup(site="hidden")': "ok",
        'mixupe(site="hidden")': "skipped",
    }  # fmt: skip
    assert any(
        "it has terms of its own, for which this model has no stages at hidden, embedding" in n for n in outcome.notes
    )
    (own / "mine.py").write_text(NET.replace("nn.Dropout(0.25)", "nn.Dropout(0.3)"))
    api.run("m.toml", workers=1)
    (path,) = (own / "results" / "m" / "records").iterdir()
    assert len(path.read_text().splitlines()) == 20  # all again: the net's file is part of what a run is


def own_job(method, net=NET, path=None, **values):
    job = job_of("wine(rows=40)", method, steps=4, **values)
    path.write_text(net)
    model = make_model(model_of(job.recipe.model_copy(update={"model": f"{path}(width=6)"})), job.data, job.seed)
    return replace(job, model=model)


def test_all_methods_see_the_same_weights_and_draws_of_dropout(tmp_path):
    seen = {}
    for method in ("erm", "mixup", "mixup(site=embedding)"):
        job = own_job(method, path=tmp_path / "mine.py")
        first = {key: value.clone() for key, value in job.model.state_dict().items()}
        masks = []
        job.model.get_submodule("stages.0.module.drop").register_forward_hook(
            lambda m, i, o, masks=masks: masks.append(o == 0) if m.training else None
        )
        train(job)
        seen[method] = first, [mask & ~mask.all(0) for mask in masks][:1]
    for first, _ in seen.values():
        assert all(torch.equal(first[key], value) for key, value in seen["erm"][0].items())
    again = own_job("mixup", path=tmp_path / "mine.py")
    one, other = train(again), train(own_job("mixup", path=tmp_path / "mine.py"))
    assert one.digests == other.digests


@pytest.mark.parametrize("site", ["hidden", "embedding"])
def test_a_step_at_a_named_submodule_is_the_mixers(tmp_path, site):
    """The twin: the same rows in a plain loop with a Mixer that mixes at the submodule."""
    net = NET.replace("nn.Dropout(0.25)", "nn.Identity()")
    job = own_job(f"mixup(site={site})", net, tmp_path / "mine.py", lr=0.05, schedule="constant", optimizer="sgd")
    plain: nn.Module = own_job("erm", net, tmp_path / "mine.py").model.get_submodule("stages.0.module")
    trained = train(job).model.get_submodule("stages.0.module")
    from mixsuite.training.batches import BatchSource
    from mixsuite.training.job import task_info

    rows = BatchSource(job, task_info(job)).rows
    mixer = Mixer("mixup", seed=job.seed, site={"hidden": "norm", "embedding": "last"}[site])
    recipe = job.recipe
    optimizer = torch.optim.SGD(
        plain.parameters(), recipe.lr, recipe.momentum, nesterov=recipe.nesterov, weight_decay=recipe.weight_decay
    )
    plain.train()
    for batch in rows:
        optimizer.zero_grad()
        mixer.loss(plain, job.data.train.x[batch], job.data.train.y[batch]).backward()
        optimizer.step()
    for one, other in zip(trained.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_a_site_drawn_anew_each_step_is_any_of_the_nets_own(tmp_path):
    job = own_job("manifold_mixup", path=tmp_path / "mine.py")
    from mixsuite.training.batches import BatchSource
    from mixsuite.training.job import task_info

    long = replace(job, recipe=job.recipe.model_copy(update={"steps": 60}))
    assert set(BatchSource(long, task_info(long)).sites) == {"input", "hidden", "embedding"}
    with pytest.raises(SkipRun, match="terms of its own"):
        train(own_job("mixupe(site=hidden)", path=tmp_path / "mine.py"))
