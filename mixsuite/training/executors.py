"""The executors, by the name that --executor and the records use: ``fit(jobs) -> results`` behind one interface."""

from mixsuite.training import lockstep, loop

EXECUTORS = {"loop": loop.fit, "lockstep": lockstep.fit}
