"""Training: ``fit(jobs) -> fitted`` behind one interface. Knows the two contracts and no concrete
method, dataset or domain."""

from mixsuite.training.job import Diverged, Fitted, Job, task_info
from mixsuite.training.loop import fit

__all__ = ["EXECUTORS", "Diverged", "Fitted", "Job", "fit", "task_info"]

EXECUTORS = {"loop": fit}  # by the name that --executor and the records use
