"""From specs to objects."""

from pathlib import Path

import pytest
from support.matrices import GOOD, POINTS, load_text
from support.paths import TOYS
from support.sources import INTRA_MIX

from mixsuite.errors import InputError
from mixsuite.experiment.build import find_domain, load_domain, make_dataset, make_domain, make_method, make_probe
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_method, resolve_probe, resolve_task
from mixsuite.experiment.spec import MethodSpec
from mixsuite.plugins.entry import Call
from mixsuite.plugins.kinds import DOMAIN
from mixsuite.plugins.load import find


def test_a_spec_makes_the_object_with_its_parameters():
    assert make_method(resolve_method("mixup(alpha=0.3)")).alpha == 0.3
    assert make_probe(resolve_probe("fgsm(eps=0.25)")).eps == 0.25
    task = resolve_task("wine(rows=24)", load_matrix("quick"))
    assert make_dataset(task).rows == 24
    assert type(make_domain(task)).__name__ == "Tabular"


def test_an_outsiders_object_is_made_from_where_it_was_found(tmp_path):
    (tmp_path / "intra_mix.py").write_text(INTRA_MIX)
    spec = resolve_method(f"{tmp_path / 'intra_mix.py'}(alpha=0.4)")
    assert make_method(spec).alpha == 0.4
    task = resolve_task(str(TOYS / "gaussians.py"), load_text(tmp_path, GOOD + POINTS))
    assert type(make_domain(task)).__name__ == "Points"


def test_an_outsider_whose_place_is_not_known_is_bad_input():
    """As it is read from a results folder, which keeps no addresses."""
    with pytest.raises(InputError, match="unknown method 'intra_mix'"):
        make_method(MethodSpec("intra_mix", Call("intra_mix", (("alpha", 1.0),))))


def test_a_domain_is_found_by_name_or_beside_the_data_set():
    assert find_domain("images", Path("/nowhere/mine.py")).address is None
    assert find_domain("./points.py", TOYS / "gaussians.py").path == TOYS / "points.py"
    with pytest.raises(InputError, match="unknown domain 'imges'; did you mean 'images'"):
        find_domain("imges", Path("/nowhere/mine.py"))
    with pytest.raises(InputError, match="does not exist"):
        find_domain("./none.py", TOYS / "gaussians.py")


def test_a_domain_is_made_without_parameters():
    assert load_domain(find(DOMAIN, "graphs")).step_seconds > 0
