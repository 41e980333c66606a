"""Whether code and data are still those of the plan, when a worker comes to use them."""

from __future__ import annotations

from pathlib import Path

from mixsuite.domains.base import Dataset
from mixsuite.errors import InputError
from mixsuite.execution.messages import TrainBlock
from mixsuite.experiment.build import make_metric, make_probe
from mixsuite.experiment.code import code_of_evaluation


def check_code(block: TrainBlock) -> None:
    """Refuse code that is not that of the plan.

    Raises:
        RuntimeError: a source file was changed since the call began.
    """
    probes_changed = any(code_of_evaluation(make_probe(probe)) != code for probe, code in block.probes)
    metrics_changed = any(code_of_evaluation(make_metric(metric)) != code for metric, code in block.metrics)
    if block.code.changed() or probes_changed or metrics_changed:
        raise RuntimeError("a source file of this run was changed after the call began; run it again")


def check_files(dataset: Dataset, root: Path, planned: str) -> None:
    """Refuse files that are not those of the plan.

    Raises:
        InputError: they have changed since the call began.
    """
    if dataset.fingerprint(root) != planned:
        raise InputError(f"{type(dataset).__name__}: its files were changed after the call began; run it again")
