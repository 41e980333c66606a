"""A checkpoint as a file: whole or not at all, read without executing anything, in its time."""

import pickle

import pytest
import torch

from mixsuite.errors import InputError
from mixsuite.execution import checkpoint_file
from mixsuite.execution.checkpoint_file import CheckpointFile
from mixsuite.training.checkpoint import Stopped

CPU = torch.device("cpu")
STATE = {"step": 512, "seconds": 1.5, "parts": {"run": {"rows": 3}, "model": {"weight": torch.ones(2)}}}


def test_what_is_kept_is_loaded(tmp_path):
    kept = CheckpointFile(tmp_path / "made" / "run.pt")
    assert kept.load(CPU) is None
    kept.keep(STATE)
    found = CheckpointFile(kept.path).load(CPU)
    assert torch.equal(found["parts"]["model"].pop("weight"), torch.ones(2))
    assert found == {"step": 512, "seconds": 1.5, "parts": {"run": {"rows": 3}, "model": {}}}
    assert [path.name for path in kept.path.parent.iterdir()] == ["run.pt"]


def test_one_is_written_a_minute_and_when_the_time_is_up(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(checkpoint_file.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(checkpoint_file.time, "time", lambda: now[0])
    kept = CheckpointFile(tmp_path / "run.pt", until=1500.0)
    assert not kept.due()
    now[0] = 1060.0
    assert kept.due()
    kept.keep(STATE)
    assert not kept.due()
    now[0] = 1500.0
    assert kept.due()
    with pytest.raises(Stopped, match="stopped before step 513"):
        kept.keep(STATE)
    assert kept.load(CPU)["step"] == 512


class Evil:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("content", [b"", b"no such file", pickle.dumps(Evil()), pickle.dumps({"step": 1})[:-2]])
def test_what_is_no_checkpoint_is_refused_and_not_executed(tmp_path, capsys, content):
    kept = CheckpointFile(tmp_path / "run.pt")
    kept.path.write_bytes(content)
    with pytest.raises(InputError, match=r"run.pt: damaged, or no checkpoint; remove it to begin anew"):
        kept.load(CPU)
    torch.save({"step": Evil()}, kept.path)
    with pytest.raises(InputError, match="damaged, or no checkpoint"):
        kept.load(CPU)
    assert "executed" not in capsys.readouterr().out
