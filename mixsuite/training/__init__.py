"""Training: ``fit(jobs) -> fitted`` behind one interface. Knows the two contracts and no concrete
method, dataset or domain."""

from mixsuite.training import lockstep, loop
from mixsuite.training.job import Diverged, Fitted, Job, task_info
from mixsuite.training.loop import train

__all__ = ["EXECUTORS", "Diverged", "Fitted", "Job", "task_info", "train"]

EXECUTORS = {"loop": loop.fit, "lockstep": lockstep.fit}  # by the name that --executor and the records use
