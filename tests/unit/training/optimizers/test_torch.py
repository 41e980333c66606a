"""torch's optimisers by name."""

import pytest
import torch
from support.optimizers import recipe, run, slope_of, start
from support.tasks import job_of

from mixsuite.errors import InputError
from mixsuite.plugins.kinds import OPTIMIZER
from mixsuite.plugins.load import load_plugin
from mixsuite.training.loop import train
from mixsuite.training.optimizer import Optimizer


def plugin(text):
    return load_plugin(OPTIMIZER, text, Optimizer).instance


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("torch:NAdam(betas=[0.8, 0.9])", lambda w: torch.optim.NAdam(w, 0.1, betas=(0.8, 0.9), weight_decay=0.01)),
        ("torch:RMSprop(momentum=0.5)", lambda w: torch.optim.RMSprop(w, 0.1, momentum=0.5, weight_decay=0.01)),
        ("torch:Rprop", lambda w: torch.optim.Rprop(w, 0.1)),
    ],
)
def test_it_is_torchs_with_the_recipes_rate_and_decay(text, made):
    path, twin = run(plugin(text), recipe(weight_decay=0.01)), start()
    differentiate, theirs = slope_of(twin), made(list(twin.values()))
    for step in range(6):
        theirs.param_groups[0]["lr"] = 0.1 / (step + 1)
        differentiate()
        theirs.step()
        for name, w in twin.items():
            torch.testing.assert_close(path[step][name], w.detach())


def test_lbfgs_gets_gradients_again_within_a_step():
    assert plugin("torch:LBFGS").closure
    assert not plugin("torch:SGD").closure
    trained = train(job_of("wine", "erm", optimizer="torch:LBFGS(max_iter=5)", steps=2, batch=16))
    assert trained.rows_per_step > 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("torch:Adamm", "unknown optimiser of torch 'Adamm'; did you mean 'Adam'"),
        ("torch:SGD(momentun=0.9)", "unknown parameter of torch:SGD 'momentun'; did you mean 'momentum'"),
        ("torch:SGD(lr=0.1)", "unknown parameter of torch:SGD 'lr'"),
        ("torch", "write torch:NAME"),
        ("sdg", "unknown optimizer 'sdg'; did you mean 'sgd'"),
    ],
)
def test_what_torch_does_not_have_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        plugin(text)
