"""TabM: the package's net, trained member by member and tested by the mean."""

import pytest
import torch
from support.tasks import job_of

from mixsuite.data.rows import Data, Subset
from mixsuite.errors import SkipRun
from mixsuite.mixing.engine import Tail, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.models.base import as_staged
from mixsuite.models.tabular.tabm import Tabm
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info
from mixsuite.training.loop import train
from mixsuite.training.predict import predict


def table(columns=5, classes=3, kind="class"):
    part = Subset(torch.randn(8, columns), torch.arange(8) % classes)
    return Data(part, part, part, kind, classes)


def test_it_has_as_many_weights_as_its_docstring_says():
    net = Tabm().build(table())
    assert sum(weight.numel() for weight in net.parameters()) == 707_328


@pytest.mark.parametrize("variant", ["tabm", "tabm-mini", "tabm-packed"])
def test_it_gives_every_member_in_training_and_their_mean_in_evaluation(variant):
    data = table()
    net = Tabm(blocks=1, width=6, k=4, variant=variant).build(data)
    x = data.train.x
    assert net.train()(x).shape == (8, 4, 3)
    out = net.eval()(x)
    torch.testing.assert_close(out.softmax(1), net.net(x).softmax(2).mean(1))
    staged = as_staged(net, Tabm(k=4))
    assert (staged.members, staged.stackable, staged.inner) == (4, False, {"hidden": "stages.0.module.net.backbone"})


@pytest.mark.parametrize("method", ["erm", "mixup", "manifold_mixup", "mixup(site=hidden)"])
def test_it_trains_with_methods_that_mix_rows(method):
    job = job_of("wine", method, model="tabm(blocks=1, width=6, k=4)", steps=3, batch=8)
    trained = train(job)
    assert predict(trained.model, job.data.test).shape == (len(job.data.test), 3)


def test_a_step_of_mixup_is_the_mean_over_members_of_their_mixed_losses():
    job = job_of("wine", "mixup", model="tabm(blocks=1, width=6, k=4, dropout=0)", batch=8)
    feed = BatchSource(job, task_info(job))
    x, batch = feed.batch(0)
    plan, net = feed.plan(0, batch), job.model.double().train()
    found = step_loss(job.method, Tail(net), x, batch, plan, LOSSES["class"])
    z = plan.wy[:, None] * x + (1 - plan.wy[:, None]) * x[plan.partner]
    log_p = net(z).log_softmax(2)
    rows = torch.arange(len(x))
    total = sum(
        -plan.wy * log_p[rows, k, batch.y] - (1 - plan.wy) * log_p[rows, k, batch.y[plan.partner]] for k in range(4)
    )
    torch.testing.assert_close(found, total.mean() / 4)


@pytest.mark.parametrize("method", ["mixupe", "label_smoothing", "rank_mixup"])
def test_a_method_with_terms_of_its_own_is_skipped_with_the_reason(method):
    with pytest.raises(
        SkipRun, match="it has terms of its own, for which this model's 4 predictions a row are too many"
    ):
        train(job_of("wine", method, model="tabm(blocks=1, width=6, k=4)", batch=8))
