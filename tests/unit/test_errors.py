"""Bad input in one line that names the value and what is allowed."""

import pytest

from mixsuite.errors import InputError, SkipRun, unknown


@pytest.mark.parametrize(
    ("name", "allowed", "said"),
    [
        ("mixpu", ["mixup", "erm"], "unknown method 'mixpu'; did you mean 'mixup'? (allowed: erm, mixup)"),
        ("xyz", ["mixup", "erm"], "unknown method 'xyz' (allowed: erm, mixup)"),
        ("xyz", [], "unknown method 'xyz' (allowed: none)"),
        (3, {"a": 1, "3": 2}, "unknown method '3'; did you mean '3'? (allowed: 3, a)"),
    ],
)
def test_an_unknown_name_is_said_with_what_is_allowed_and_the_nearest(name, allowed, said):
    error = unknown("method", name, allowed)
    assert isinstance(error, InputError)
    assert str(error) == said


def test_a_skip_is_no_bad_input():
    assert not issubclass(SkipRun, InputError)
    assert not issubclass(InputError, SkipRun)
