"""Sweeps among the methods of a folder, and their picture."""

import pytest
from support.folders import BASE, NOISE, write_folder

from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.experiment.spec import MethodSpec
from mixsuite.plots.sweeps import draw_sweeps, sweeps
from mixsuite.plugins.entry import parse_call
from mixsuite.report.leaderboard import build
from mixsuite.results.manifest import load_manifest


def specs(*texts):
    return [MethodSpec(text, parse_call(text)) for text in texts]


def test_three_values_of_one_number_are_a_sweep():
    one = specs("m(a=1.0, b=2)", "m(a=0.5, b=2)", "m(a=2.0, b=2)", "m(a=1.0, b=3)", "n(a=1.0)", "m(a=9.0, b=3)")
    assert sweeps(one) == {"m, a": {0.5: "m(a=0.5, b=2)", 1.0: "m(a=1.0, b=2)", 2.0: "m(a=2.0, b=2)"}}
    two = [*one, *specs("m(a=2.0, b=3)", "m(a=1.0, b=4)")]
    assert set(sweeps(two)) == {"m, a", "m, a (2)", "m, b"}
    assert sweeps(specs("m(a=True)", "m(a=False)", 'm(a="x")', "m(a=1)")) == {}


def test_a_matrix_of_a_sweep_is_one():
    methods = resolve(load_matrix("quick"), methods=["mixup(alpha=[0.1, 0.2, 1])"]).methods
    assert sweeps(list(methods)) == {"mixup, alpha": {0.1: "mixup(alpha=0.1)", 0.2: "mixup(alpha=0.2)", 1.0: "mixup"}}


@pytest.mark.parametrize("tasks", [1, 4])
def test_a_sweep_has_a_picture_with_a_panel_for_each_task(tmp_path, tasks):
    cells = {"erm": BASE} | {f"m(a={a})": BASE + a / 100 + NOISE[0] for a in (0.1, 1.0, 4.0)}
    out = write_folder(tmp_path / "out", {f"t{i}": cells for i in range(tasks)})
    manifest = load_manifest(out)
    manifest.methods |= {spec.name: spec for spec in specs(*(name for name in cells if name != "erm"))}
    report = build(out)
    report.results.manifest.methods = manifest.methods
    draw_sweeps(report)
    (picture,) = (out / "sweeps").iterdir()
    assert picture.name == "m-a.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
