"""The conformance kit: the suite's own methods pass, and each check catches a planted fault."""

import pytest

from mixsuite.plugins import load as plugins
from mixsuite.testing.kit import check, problems, samples

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
    "objective is a number": [PLAN + "\n    def objective(self, tail, state, batch, plan, loss):\n        return loss(tail(self.mix(state, plan)), batch.y) / 0\n"],
    "shares of 1 change nothing": [PLAN + "\n    def mix(self, h, plan):\n        return tuple(v + 1 for v in h) if isinstance(h, tuple) else h + 1\n"],
    "mixes the rows it names": [
        PLAN + "\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        return interpolate(h, plan._replace(partner=plan.partner.flip(0)))\n"
    ],
    "target follows the signal": [
        PLAN.replace("batch.shape), lam)", "batch.shape), 1 - lam)"),
        PLAN.replace("batch.shape), lam)", "batch.shape), lam**2)"),
    ],
    "target is the own row's": ["        plan = self._plan(batch, rng)\n        return plan\n\n    label = 'own'\n\n    def _plan(self, batch, rng):\n" + PLAN],
    "it mixes": [PLAN.replace("rng.permutation(n)", "torch.arange(n)")],
    "half precision": [
        PLAN + "\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        z = interpolate(h, plan)\n        return tuple(v.float() for v in z) if isinstance(z, tuple) else z.float()\n"
    ],
    "inputs are not written to": [
        PLAN.replace("        n = len", "        batch.y.mul_(1).add_(0 if batch.y.dtype == torch.bool else 1)\n        n = len"),
        PLAN + "\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        z = interpolate(h, plan)\n        (h[0] if isinstance(h, tuple) else h).zero_()\n        return z\n",
    ],
    "no global generator is read": [PLAN.replace("rng.permutation(n)", "torch.randperm(n)"), PLAN.replace("rng.beta(1.0, 1.0, 1)", "torch.tensor([random.random()])")],
    "no global generator is changed": [PLAN.replace("        n = len", "        np.random.rand()\n        n = len"), PLAN.replace("        n = len", "        torch.manual_seed(0)\n        n = len")],
    "same seed, same bytes": ["        global COUNT\n        COUNT = globals().get('COUNT', 0) + 1\n" + PLAN.replace(".expand(n)", ".expand(n) / COUNT")],
    "others draw the same": [PLAN.replace("        n = len", "        rng.seed += 1\n        rng._blocks.clear()\n        n = len")],
    "no host sync": [PLAN.replace("        n = len", "        float(batch.y.float().mean())\n        n = len"), PLAN.replace("        n = len", "        batch.y.tolist()\n        n = len")],
    "no recompile when lambda changes": [
        PLAN + "\n    def mix(self, h, plan):\n        from mixsuite.mixing import interpolate\n        lam = float(plan.wx.flatten()[0])\n        return interpolate(h, plan._replace(wx=plan.wx * 0 + lam))\n"
    ],
    "stackable": ["        n = len(batch.y)\n        keep = rng.permutation(n)[: n - int(rng.uniform(1, kind='n')[0] * n) // 2]\n        lam = rng.beta(1.0, 1.0, 1).expand(len(keep))\n        return Plan(keep, over(lam, batch.shape), lam, own=keep)\n", PLAN + "\n    stackable = True\n\n    def objective(self, tail, state, batch, plan, loss):\n        return loss(tail(self.mix(state, plan)), batch.y).mean()\n"],
    "reject() answers": [PLAN + "\n    def reject(self, task):\n        return True\n", PLAN + "\n    def reject(self, task):\n        return task.colour\n"],
    "plans are valid": [PLAN.replace("        n = len", "        raise RuntimeError('of no use')\n        n = len")],
}  # fmt: skip


def written(tmp_path, body):
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace(PLAN, body))
    return path


@pytest.mark.parametrize("name", plugins.names(plugins.METHODS))
def test_the_suites_own_methods_pass_wherever_they_apply(name):
    assert [str(p) for p in problems(check(name))] == []


@pytest.mark.parametrize(("what", "body"), [(what, body) for what, bodies in FAULTS.items() for body in bodies])
def test_a_planted_fault_is_caught(tmp_path, what, body):
    path = written(tmp_path, body)
    two = [s for s in samples() if s.name in ("images, class", "tabular, regression")]
    caught = [f for f in problems(check(str(path), two)) if f.check == what]
    assert caught
    assert all(f.tried and f.expected and f.seen for f in caught)
    assert any(f"{path}, line " in f.where for f in caught)


def test_a_method_that_is_right_has_no_problem_and_an_undeclared_label_is_noted(tmp_path):
    assert problems(check(str(written(tmp_path, PLAN)))) == []
    path = written(tmp_path, PLAN)
    path.write_text(path.read_text().replace('label = "matched"', "colour = 1"))
    noted = [f for f in check(str(path)) if f.check == "target follows the signal"]
    assert {f.status for f in noted} == {"note"}


def test_the_command_lists_problems_and_where(mixsuite, tmp_path):
    good = mixsuite("check", "erm")
    assert good.status == 0
    assert "0 problems" in good.out
    path = written(tmp_path, FAULTS["target follows the signal"][0])
    bad = mixsuite("check", path)
    assert bad.status == 1
    assert "wy is 1 - wx's mean: the partner's share" in bad.out
    line = 1 + path.read_text().splitlines().index("    def plan(self, batch, rng):")
    assert f"where:    {path}, line {line}" in bad.out
    path.write_text("def (")
    broken = mixsuite("check", path)
    assert (broken.status, len(broken.err.strip().splitlines())) == (2, 1)
    assert "mine.py, line 1: cannot be imported" in broken.err


def test_findings_that_say_the_same_are_one(tmp_path, mixsuite):
    """A wrong plan is told once, with every sample, and nothing that only follows from it."""
    path = written(
        tmp_path,
        "        n = len(batch.y)\n        return Plan(rng.permutation(n), rng.beta(1, 1, n) + 1, rng.beta(1, 1, n))\n",
    )
    said = mixsuite("check", path)
    assert said.status == 1
    assert said.out.count("problem ") == 1
    assert "plan: wx must lie in [0, 1], is 1." in said.out
    assert "images, class; tabular, class;" in said.out
    assert "problem.py, line" in said.out or path.name in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("        return None\n", "plan() must return a Plan of tensors, returned None"),
        ("        return 1, 2\n", "plan() must return a Plan of tensors, returned a tuple"),
        ("        return Plan(batch.x, 1, 1)\n", "needs_x = True"),
        (
            "        n = len(batch.y)\n        lam = (2 * batch.progress).expand(n)\n"
            "        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n",
            "at progress 0.52",
        ),
    ],
)
def test_a_plan_that_is_none_is_named(tmp_path, body, seen):
    found = problems(check(str(written(tmp_path, body)), samples()[:1]))
    assert len(found) == 1
    assert seen in found[0].seen or seen == "needs_x = True"
