"""A process's memory: its peak in a stretch of code, and what happens to memory that tensors give back."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

import torch

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's numbers for mallopt
_KEPT, _LARGEST = 2**28, 2**25  # bytes: kept in all, and of one tensor (the largest that glibc takes)


def keep_freed_memory() -> None:
    """Keep memory that tensors give back in the process, up to 256 MB.

    A step makes and frees the same tensors as the step before. By default glibc hands the memory of those above a
    megabyte or so to the system, which then clears it page by page when the next step asks for it. Where the C library
    is another one, nothing changes.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, _KEPT)


def reset_peak(device: torch.device) -> None:
    """Reset the peak of this process (on Linux), or of the GPU's allocations."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with contextlib.suppress(OSError, AttributeError, TypeError):  # what was kept is no part of the new peak
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):  # on other systems the peak counts from the start of the process
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory(device: torch.device) -> int:
    """The peak since the last reset, in bytes."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        import resource  # does not exist on Windows, where nothing is trained

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
