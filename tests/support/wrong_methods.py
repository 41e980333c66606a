"""A right method as source text, and bodies in place of its plan that one check each must catch."""

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.testing.kit import check, problems
from mixsuite.testing.samples import samples
from mixsuite.testing.trial import Trial

HEAD = """
from dataclasses import dataclass
import random
import numpy as np
import torch
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class Mine(Method):
    label = "matched"

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(1.0, 1.0, 1).expand(n)
        return Plan(rng.permutation(n), over(lam, batch.shape), lam)
"""


PLAN = HEAD[HEAD.index("        n = len") :]


FAULTS = {  # check -> a body that it must catch, in place of the plan's
    "plan is valid": [
        "        n = len(batch.y)\n        lam = torch.full((n,), 1.5)\n        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n",
        "        n = len(batch.y)\n        lam = torch.full((n,), float('nan'))\n        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n",
        PLAN.replace("lam)\n", "lam, weight=torch.ones(n))\n", 1) if False else PLAN.replace("batch.shape), lam)", "batch.shape), lam, weight=torch.ones(n))"),
        PLAN.replace("rng.permutation(n)", "rng.permutation(n).float()"),
        PLAN.replace("over(lam, batch.shape), lam)", "over(lam, batch.shape), lam[:1])"),
    ],
    "objective is a number": [PLAN + "\n    stackable = mixes_alone = False\n\n    def objective(self, tail, state, batch, plan, loss):\n        return loss(tail(self.mix(state, plan)), batch.y) / 0\n"],
    "shares of 1 change nothing": [PLAN + "\n    stackable = False\n\n    def mix(self, h, plan):\n        return tuple(v + 1 for v in h) if isinstance(h, tuple) else h + 1\n"],
    "mixes the rows it names": [
        PLAN + "\n    stackable = False\n\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        return interpolate(h, plan._replace(partner=plan.partner.flip(0)))\n"
    ],
    "target follows the signal": [
        PLAN.replace("batch.shape), lam)", "batch.shape), 1 - lam)"),
        PLAN.replace("batch.shape), lam)", "batch.shape), lam**2)"),
    ],
    "target is the own row's": ["        plan = self._plan(batch, rng)\n        return plan\n\n    label = 'own'\n\n    def _plan(self, batch, rng):\n" + PLAN],
    "it mixes": [PLAN.replace("rng.permutation(n)", "torch.arange(n)")],
    "half precision": [
        PLAN + "\n    stackable = False\n\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        z = interpolate(h, plan)\n        return tuple(v.float() for v in z) if isinstance(z, tuple) else z.float()\n"
    ],
    "inputs are not written to": [
        PLAN.replace("        n = len", "        batch.y.mul_(1).add_(0 if batch.y.dtype == torch.bool else 1)\n        n = len"),
        PLAN + "\n    stackable = False\n\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        z = interpolate(h, plan)\n        (h[0] if isinstance(h, tuple) else h).zero_()\n        return z\n",
    ],
    "no global generator is read": [PLAN.replace("rng.permutation(n)", "torch.randperm(n)"), PLAN.replace("rng.beta(1.0, 1.0, 1)", "torch.tensor([random.random()])")],
    "no global generator is changed": [PLAN.replace("        n = len", "        np.random.rand()\n        n = len"), PLAN.replace("        n = len", "        torch.manual_seed(0)\n        n = len")],
    "same seed, same bytes": ["        global COUNT\n        COUNT = globals().get('COUNT', 0) + 1\n" + PLAN.replace(".expand(n)", ".expand(n) / COUNT")],
    "others draw the same": [PLAN.replace("        n = len", "        rng.seed += 1\n        rng._blocks.clear()\n        n = len")],
    "no host sync": [PLAN.replace("        n = len", "        float(batch.y.float().mean())\n        n = len"), PLAN.replace("        n = len", "        batch.y.tolist()\n        n = len")],
    "no recompile when lambda changes": [
        PLAN + "\n    stackable = False\n\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        lam = float(plan.wx.flatten()[0])\n        return interpolate(h, plan._replace(wx=plan.wx * 0 + lam))\n"
    ],
    "stackable": ["        n = len(batch.y)\n        keep = rng.permutation(n)[: n - int(rng.uniform(1, kind='n')[0] * n) // 2]\n        lam = rng.beta(1.0, 1.0, 1).expand(len(keep))\n        return Plan(keep, over(lam, batch.shape), lam, own=keep)\n", PLAN + "\n    stackable = True\n    mixes_alone = False\n\n    def objective(self, tail, state, batch, plan, loss):\n        return loss(tail(self.mix(state, plan)), batch.y).mean()\n"],
    "reject() answers": [PLAN + "\n    def reject(self, task):\n        return True\n", PLAN + "\n    def reject(self, task):\n        return task.colour\n"],
    "plans are valid": [PLAN.replace("        n = len", "        raise RuntimeError('of no use')\n        n = len")],
}  # fmt: skip


def written(folder, body):
    """The file of a method with a body in place of its plan."""
    path = folder / "mine.py"
    path.write_text(HEAD.replace(PLAN, body))
    return path


def bodies_of(*names):
    """(check, body) of every planted fault that some checks must catch."""
    return [(name, body) for name in names for body in FAULTS[name]]


def assert_caught(folder, what, body):
    """A planted fault is caught by its check, and where."""
    path = written(folder, body)
    two = [s for s in samples() if s.name in ("images, class", "tabular, regression")]
    caught = [f for f in problems(check(str(path), two)) if f.check == what]
    assert caught
    assert all(f.tried and f.expected and f.seen for f in caught)
    assert any(f"{path}, line " in f.where for f in caught)


def trial_of(folder, body, sample="images, class"):
    """A trial of a method with a body in place of its plan, at the input of a sample."""
    (one,) = [s for s in samples() if s.name == sample]
    return Trial(make_method(resolve_method(str(written(folder, body)))), one, "input")


def assert_judged(folder, function, what, body):
    """A check passes the right method, and finds a planted fault and where it stands."""
    found = list(function(trial_of(folder, body)))
    assert [f for f in problems(found) if f.check == what and f"{folder / 'mine.py'}, line " in f.where]
    right = list(function(trial_of(folder, PLAN)))
    assert problems(right) == []
