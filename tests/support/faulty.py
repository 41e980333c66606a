"""A method that goes wrong as it is told to, as source text."""

FAULTY = '''"""A method that goes wrong in the way it is told to, at the seed it is told."""
import os, signal, time
from dataclasses import dataclass
from typing import Literal
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class Faulty(Method):
    """kind: how it goes wrong; otherwise erm."""
    kind: Literal["exit", "kill", "hang", "error", "nan", "plan", "fork", "orphan", "late", "sloppy", "patch", "quit", "own", "none"] = "none"

    def plan(self, batch, rng):
        import torch
        if self.kind == "exit":
            os._exit(9)
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "hang":
            time.sleep(1e9)
        if self.kind == "error":
            raise RuntimeError("planted")
        if self.kind == "quit":
            raise SystemExit("bye")
        if self.kind == "own":
            raise type("Own", (BaseException,), {})("no Exception")
        lam = torch.ones(len(batch.y))
        if self.kind == "fork" and float(batch.progress) == 0:  # a child goes on by itself: it must not answer too
            os.fork()
        if self.kind == "orphan" and os.fork():  # the worker dies, a child of it lives on and holds the pipe
            os._exit(7)
        if self.kind == "orphan":
            time.sleep(1e9)
        if self.kind == "sloppy":  # draws from and changes what is global
            lam = lam * torch.rand(())
            torch.set_num_threads(2)
        if self.kind == "patch":  # changes what it does not own
            import torch.nn.functional
            torch.relu = torch.nn.functional.relu = torch.sigmoid
        if self.kind == "plan" or (self.kind == "late" and float(batch.progress) > 0):
            lam = lam * 2
        return Plan(torch.arange(len(batch.y)), over(lam, batch.shape), lam)

    def objective(self, tail, state, batch, plan, loss):
        value = super().objective(tail, state, batch, plan, loss)
        return value * float("nan") if self.kind == "nan" else value

    stackable = mixes_alone = False
'''
