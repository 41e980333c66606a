"""Peak memory of a stretch of code."""

import sys

import pytest
import torch

from mixsuite.training.memory import peak_memory, reset_peak

CPU = torch.device("cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is the process's, since its start")
def test_a_peak_is_seen_after_it_is_over_and_a_new_one_begins_below_it():
    reset_peak(CPU)
    before = peak_memory(CPU)
    block = torch.ones(256 * 2**20 // 4)  # large: the system may take other pages back meanwhile
    assert float(block.sum()) > 0
    del block
    high = peak_memory(CPU)
    assert high >= before + 96 * 2**20
    reset_peak(CPU)
    assert peak_memory(CPU) <= high - 96 * 2**20


def test_without_the_systems_files_the_peak_is_the_process(monkeypatch):
    from pathlib import Path

    def missing(*_, **__):
        raise OSError("no such file")

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(Path, "write_text", missing)
    reset_peak(CPU)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    assert peak_memory(CPU) == pytest.approx(most, rel=0.05)
