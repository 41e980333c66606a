"""Weights from a file."""

import pytest
import torch
from torch import nn

from mixsuite.errors import InputError
from mixsuite.models.base import OneModule, Staged
from mixsuite.models.saved_weights import SavedWeights


def net(outputs=3, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Staged([nn.Linear(4, 5), nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, outputs))], {"input": 0})


def saved(path, tensors):
    torch.save(tensors, path)
    return SavedWeights.of(path)


def test_every_tensor_of_the_file_becomes_the_nets(tmp_path):
    trained, fresh = net(seed=1), net()
    trained.stages[1][0].running_mean += 3
    saved(tmp_path / "w.pt", trained.state_dict()).load_into(fresh)
    for one, other in zip(trained.state_dict().values(), fresh.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_a_last_layer_for_another_number_of_classes_stays_as_it_was_drawn(tmp_path):
    trained, fresh = net(outputs=10, seed=1), net(seed=2)
    drawn = {name: value.clone() for name, value in fresh.state_dict().items()}
    saved(tmp_path / "w.pt", trained.state_dict()).load_into(fresh)
    for name, value in fresh.state_dict().items():
        wanted = drawn if name.startswith("stages.1.1.") else trained.state_dict()
        assert torch.equal(value, wanted[name]), name


def test_a_net_built_as_one_module_takes_that_modules_own_names(tmp_path):
    module, other = (nn.Sequential(nn.Linear(4, 2)) for _ in range(2))
    file = saved(tmp_path / "w.pt", {"state_dict": module.state_dict()})
    file.load_into(Staged([OneModule(other)], {"input": 0}))
    assert torch.equal(module[0].weight, other[0].weight)


def changed(**values):
    tensors = dict(net(seed=1).state_dict())
    for name, value in values.items():
        key = name.replace("__", ".")
        if value is None:
            del tensors[key]
        else:
            tensors[key] = value
    return tensors


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        (
            changed(stages__0__weight=torch.zeros(5, 6)),
            r"'stages.0.weight' is \[5, 6\] in it and \[5, 4\] in the model",
        ),
        (changed(stages__0__bias=None), "'stages.0.bias' of the model is not in it"),
        (changed(stages__9__bias=torch.zeros(2)), "'stages.9.bias' is no tensor of the model"),
        (changed(stages__0__bias=torch.full((5,), torch.nan)), "'stages.0.bias' has values that are not finite"),
        ({"other.weight": torch.zeros(2)}, "'other.weight' is no tensor of the model, and 9 more"),
        ([1, 2], "it holds no named tensors"),
        ({}, "it holds no named tensors"),
        ({"a": 1}, "it holds no named tensors"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(tensors, said, tmp_path):
    before = net().state_dict()
    into = net()
    with pytest.raises(InputError, match=said) as found:
        saved(tmp_path / "w.pt", tensors).load_into(into)
    assert str(tmp_path / "w.pt") in str(found.value) and "\n" not in str(found.value)
    assert all(torch.equal(one, other) for one, other in zip(into.state_dict().values(), before.values(), strict=True))


class Code:
    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


def test_nothing_in_the_file_is_executed(tmp_path):
    import pickle

    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Code()))
    torch.save({"a": Code()}, tmp_path / "zip.pt")
    (tmp_path / "text.pt").write_text("hello")
    for name in ("evil.pt", "zip.pt", "text.pt"):
        with pytest.raises(InputError, match=r"not a file of torch\.save that holds tensors alone"):
            SavedWeights.of(tmp_path / name).load_into(net())


def test_a_file_that_is_missing_or_has_changed_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        SavedWeights.of(tmp_path / "none.pt")
    file = saved(tmp_path / "w.pt", net().state_dict())
    torch.save(net(seed=4).state_dict(), tmp_path / "w.pt")
    with pytest.raises(InputError, match="the file has changed since the call began"):
        file.load_into(net())


def test_a_layer_that_is_named_last_and_gives_no_outputs_is_not_left_out_in_silence(tmp_path):
    class Turned(nn.Module):
        """Its first layer is named last."""

        def __init__(self, columns):
            super().__init__()
            self.head, self.first = nn.Linear(5, 3), nn.Linear(columns, 5)

    file = saved(tmp_path / "w.pt", Turned(4).state_dict())
    with pytest.raises(
        InputError, match=r"'stages.0.module.first.weight' is \[5, 4\] in it and \[5, 13\] in the model"
    ):
        file.load_into(Staged([OneModule(Turned(13))], {"input": 0}))
