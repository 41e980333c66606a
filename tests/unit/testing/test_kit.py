"""The conformance kit: what is right passes, and what is wrong is told once, with where."""

import pytest
from support.wrong_methods import FAULTS, PLAN, assert_caught, bodies_of, written

from mixsuite.errors import InputError
from mixsuite.plugins.kinds import METHOD, builtin_files
from mixsuite.testing.findings import problems
from mixsuite.testing.kit import check
from mixsuite.testing.samples import samples


@pytest.mark.parametrize(("what", "body"), bodies_of("reject() answers"))
def test_a_planted_fault_is_caught(tmp_path, what, body):
    assert_caught(tmp_path, what, body)


def test_a_method_that_applies_nowhere_is_a_problem(tmp_path):
    path = written(tmp_path, PLAN + "\n    def reject(self, task):\n        return 'never'\n")
    (problem,) = problems(check(str(path), samples()[:2]))
    assert (problem.check, problem.seen) == ("applies somewhere", "it does not: never")


def test_a_method_that_is_not_there_is_bad_input():
    with pytest.raises(InputError, match="unknown method 'mixpu'; did you mean 'mixup'"):
        check("mixpu")


@pytest.mark.slow
@pytest.mark.parametrize("name", builtin_files(METHOD))
def test_the_suites_own_methods_pass_wherever_they_apply(name):
    assert [str(p) for p in problems(check(name))] == []


@pytest.mark.slow
def test_a_method_that_is_right_has_no_problem_and_an_undeclared_label_is_noted(tmp_path):
    assert problems(check(str(written(tmp_path, PLAN)))) == []
    path = written(tmp_path, PLAN)
    path.write_text(path.read_text().replace('label = "matched"', "colour = 1"))
    noted = [f for f in check(str(path)) if f.check == "target follows the signal"]
    assert {f.status for f in noted} == {"note"}


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert "images, class; images, soft; images, multilabel;" in said.out
    assert "tabular, class;" in said.out
    assert "problem.py, line" in said.out or path.name in said.out
    assert said.err == ""


THREE = '''
"""Three rows, with a fault in place of FAULT."""
from dataclasses import dataclass
import torch
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class Three(Method):
    """Three rows."""
    label = "matched"

    def plan(self, batch, rng):
        n = len(batch.y)
        partner = torch.stack([rng.permutation(n), rng.permutation(n)], 1)
        parts = torch.stack([rng.gamma(1.0, n, kind="lam") for _ in range(3)], 1).clamp(min=1e-30)
        shares = parts / parts.sum(1, keepdim=True)
        return Plan(partner, over(shares, batch.shape), shares)
'''


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("batch.shape), shares)", "batch.shape), shares)", None),
        ("batch.shape), shares)", "batch.shape), shares.flip(1))", "target follows the signal"),
        ("batch.shape), shares)", "batch.shape), shares.roll(1, 1))", "target follows the signal"),
        ("over(shares,", "over(parts.clamp(max=1),", "plan is valid"),
        ("batch.shape), shares)", "batch.shape), shares[:, 0])", "plan is valid"),
    ],
)
def test_a_mix_of_three_rows_passes_and_faults_in_it_are_found(tmp_path, right, wrong, said):
    (tmp_path / "three.py").write_text(THREE.replace(right, wrong).lstrip())
    found = {finding.check for finding in problems(check(str(tmp_path / "three.py")))}
    assert (said in found) if said else not found


def test_only_the_domains_asked_for_are_tried():
    found = check("mixup", domains=["images", "graphs"])
    assert {f.sample.partition(",")[0] for f in found} == {"images", "graphs"}
    assert {f.sample for f in check("flip", domains=["images"])} == {"images"}
    assert {f.sample for f in check("mlp", domains=["tabular"])} == {"tabular"}
    for plugin in ("mixup", "flip", "mlp"):
        with pytest.raises(InputError, match="unknown domain 'image'; did you mean 'images'"):
            check(plugin, domains=["image"])


def test_the_command_tries_the_domains_asked_for(mixsuite):
    assert "images" not in mixsuite("check", "mixup", "--domains", "tabular,speech", "--all").out
    assert mixsuite("check", "mixup", "--domains", "nowhere").status == 2
