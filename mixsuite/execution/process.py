"""What is a worker process's own, and no run's: set before each work, and looked at behind it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from mixsuite.execution.execute import reset_global_state
from mixsuite.execution.messages import InspectTask, TrainBlock


def prepare_process(work: InspectTask | TrainBlock) -> None:
    """Set what is the process's own as the work wants it."""
    reset_global_state(work.runs[0].seed if isinstance(work, TrainBlock) else 0)
    if isinstance(work, TrainBlock) and work.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)


def process_state() -> dict[str, tuple[Any, Callable[[Any], object]]]:
    """What a method may change for the runs after it: name -> (value, what puts it back)."""
    return {
        "the default dtype": (torch.get_default_dtype(), torch.set_default_dtype),
        "the default device": (torch.get_default_device(), lambda _: torch.set_default_device(None)),
        "the gradient mode": (torch.is_grad_enabled(), torch.set_grad_enabled),
        "the working directory": (Path.cwd(), os.chdir),
    }
