"""Ranges that parameters are tuned over, and the check of a class's space."""

from dataclasses import dataclass

import pytest

from mixsuite.mixing import Choice, Linear, Log, Method, Whole, mixup_plan
from mixsuite.mixing.method import Method as Base
from mixsuite.plugins.kinds import METHOD, builtin_files
from mixsuite.plugins.load import find, load_class, load_plugin


def test_points_are_spread_evenly_on_the_ranges_scale():
    assert Linear(0.0, 1.0).points(3) == (0.0, 0.5, 1.0)
    assert Log(0.01, 1.0).points(3) == pytest.approx((0.01, 0.1, 1.0))
    assert Whole(1, 9).points(3) == (1, 5, 9)
    assert Whole(1, 2).points(3) == (1, 2)
    assert Choice([3, "a"]).points(3) == Choice([3, "a"]).ends() == (3, "a")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Linear(1, 1), "from 1 to 1"),
        (lambda: Linear(0, float("inf")), "finite"),
        (lambda: Log(0, 1), "both must be above 0"),
        (lambda: Whole(1, 2.5), "both must be whole"),
        (lambda: Choice([]), "at least one value"),
        (lambda: Choice([1, 1]), "each once"),
    ],
)
def test_a_range_that_is_none_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def method(space):
    @dataclass(frozen=True)
    class Mine(Method):
        alpha: float = 1.0

        def plan(self, batch, rng):
            return mixup_plan(batch, rng, self.alpha)

    return type("Sub", (Mine,), {"space": space})


def test_a_class_may_search_what_it_inherits():
    assert method({"alpha": Log(0.1, 1), "start": Linear(0, 0.5)}).space["alpha"] == Log(0.1, 1)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (["alpha"], "space must be a dict"),
        ({"alpha": (0.1, 1)}, r"space of 'alpha' must be Linear, Log, Whole or Choice"),
        ({"beta": Log(0.1, 1)}, "space names 'beta', which is no parameter"),
    ],
)
def test_a_space_that_is_none_is_refused_where_the_class_is_loaded(space, said):
    with pytest.raises(TypeError, match=said):
        method(space)


def test_every_shipped_method_allows_the_ends_of_its_space():
    searched = 0
    for name in builtin_files(METHOD):
        for key, values in load_class(METHOD, find(METHOD, name), Base).space.items():
            for end in values.ends():
                assert load_plugin(METHOD, f"{name}({key}={end})", Base).instance
            searched += 1
    assert searched > 20
