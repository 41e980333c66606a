"""How many cores this process may use."""

import os


def cores() -> int:
    """Those that the system allows it; all where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
