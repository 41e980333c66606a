"""The schedule of steps."""

import pytest

from mixsuite.errors import InputError
from mixsuite.plugins.kinds import SCHEDULE
from mixsuite.plugins.load import load_plugin
from mixsuite.training.schedule import Schedule
from mixsuite.training.schedules.step import Step


def test_it_falls_at_its_places():
    assert [Step().factor(t / 8) for t in range(8)] == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    assert [Step(at=(0.25,), gamma=3).factor(t / 4) for t in range(4)] == [1, 3, 3, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step(at=[1.0])", "at=\\[1.0\\]: allowed is a list of shares of the run"),
        ("step(gamma=0)", "gamma=0.0: allowed is a factor above 0"),
        ("step(at=0.5)", "at=0.5"),
        ("step(places=[0.5])", "unknown parameter of schedule 'step' 'places'"),
        ("linear(at=[0.5])", "unknown parameter of schedule 'linear' 'at'"),
        ("triangle", "unknown schedule 'triangle'"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        load_plugin(SCHEDULE, text, Schedule)
