"""Peak memory of a stretch of code."""

import platform
import subprocess
import sys

import pytest
import torch

from mixsuite.training.memory import keep_freed_memory, peak_memory, reset_peak

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


FAULTS = """
import resource, torch
from mixsuite.training.memory import keep_freed_memory
torch.set_num_threads(1)
if {keep}:
    keep_freed_memory()
x = torch.ones(2**19)
def step():
    y = [x + 1 for _ in range(8)]
for _ in range(30):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is meant")
def test_pages_that_are_kept_are_not_asked_for_again():
    """16 MB a step, over and over: a fresh page costs a fault."""

    def faults(keep):
        script = [sys.executable, "-c", FAULTS.format(keep=keep)]
        return int(subprocess.run(script, check=True, capture_output=True, text=True).stdout)

    # The system may map large pages, and then asks for fewer: the counts are compared, the better of two.
    assert 4 * min(faults(True), faults(True)) < max(faults(False), faults(False))


def test_another_c_library_changes_nothing(monkeypatch):
    def missing(_):
        raise OSError("no such library")

    monkeypatch.setattr("ctypes.CDLL", missing)
    keep_freed_memory()
    reset_peak(CPU)
    assert peak_memory(CPU) > 0
