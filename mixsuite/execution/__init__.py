"""How runs are carried out: the plan of a call, the runner, workers, and what executes a run."""
