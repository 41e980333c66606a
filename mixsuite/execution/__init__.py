"""How runs are carried out: the plan of a call, the runner, the workers, and the code that executes a run."""
