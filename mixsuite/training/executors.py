"""The executors by the name that --executor and the records use. Each is a function ``fit(jobs) -> results``."""

from mixsuite.training import lockstep, loop

EXECUTORS = {"loop": loop.fit, "lockstep": lockstep.fit}
