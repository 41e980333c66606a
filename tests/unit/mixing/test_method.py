"""The contract of methods: its window, its flags, its controls, and where one applies."""

from dataclasses import dataclass

import pytest
import torch
from support.methods import method

from mixsuite.mixing import Batch, Method, Plan, Tail, TaskInfo, TrainInfo, interpolate, require, two_term_loss
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.method import why_not
from mixsuite.mixing.methods.erm import Erm
from mixsuite.mixing.methods.regmixup import Regmixup
from mixsuite.mixing.rng import Rng


@pytest.mark.parametrize(
    ("start", "stop", "steps", "wanted"),
    [(0.0, 1.0, 10, range(10)), (0.0, 0.5, 10, range(5)), (0.25, 1.0, 10, range(3, 10)), (0.5, 0.5, 10, range(0))],
)
def test_a_window_is_start_times_steps_up_to_stop_times_steps(start, stop, steps, wanted):
    windowed = method(f"mixup(start={start}, stop={stop})")
    assert [s for s in range(steps) if windowed.active(s, steps)] == list(wanted)


@dataclass(frozen=True)
class Plain(Method):
    """Swaps neighbours, by a share of a quarter."""

    def plan(self, batch, rng):
        n = len(batch.y)
        quarter = torch.full((n,), 0.25)
        return Plan(torch.arange(n).roll(1), quarter[:, None], quarter)


TASK = TaskInfo("tabular", "class", 2, {"input": (3,), "hidden": (8,)}, 8, 50)


def test_what_is_not_written_has_a_default():
    plain, h, y = Plain(), torch.randn(4, 3), torch.arange(4) % 3
    batch = Batch(y, (3,), torch.tensor(0.0), {})
    plan = plain.plan(batch, Rng(0, 4))
    assert torch.equal(plain.mix(h, plan), interpolate(h, plan))
    found = plain.objective(Tail(lambda z: 2 * z), h, batch, plan, cross_entropy)
    assert torch.equal(found, two_term_loss(2 * interpolate(h, plan), batch, plan, cross_entropy))
    assert plain.prepare(TrainInfo(h, y, 4, 3, "class", ())) == {}
    assert plain.reject(TASK) is None
    assert (plain.stackable, plain.mixes_alone, plain.mixes, plain.repeat_batch, plain.control) == (
        True, True, True, 1, "",
    )  # fmt: skip
    assert (plain.site, plain.start, plain.stop, plain.length, plain.batch) == ("input", 0.0, 1.0, 1, 1)


@pytest.mark.parametrize(("values", "control"), [({"length": 2}, "compute"), ({"batch": 3}, "compute"), ({}, "")])
def test_who_trains_on_more_rows_is_a_control(values, control):
    assert Plain(**values).control == control


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"start": 0.6, "stop": 0.5}, "start, stop=(0.6, 0.5): allowed is 0 <= start <= stop <= 1"),
        ({"stop": 1.5}, "start, stop=(0.0, 1.5)"),
        ({"start": -0.1}, "start, stop=(-0.1, 1.0)"),
        ({"length": 0}, "length=0: allowed is 1 to 1000"),
        ({"length": 1001}, "length=1001"),
        ({"batch": 0}, "batch=0: allowed is 1 to 1000"),
    ],
)
def test_common_parameters_out_of_range_are_named(values, said):
    with pytest.raises(ValueError) as error:
        Plain(**values)
    assert said in str(error.value)


def test_a_check_names_parameter_value_and_what_is_allowed():
    require(True, "alpha", 1, "> 0")
    with pytest.raises(ValueError, match=r"^alpha='x': allowed is > 0$"):
        require(False, "alpha", "x", "> 0")


def test_a_class_that_writes_a_function_anew_declares_what_then_holds():
    with pytest.raises(TypeError, match=r"Focal writes mix: declare in the class, stackable = False"):

        class Focal(Plain):
            def mix(self, h, plan):
                return h

    with pytest.raises(TypeError, match=r"Other writes objective: .* stackable = False, mixes_alone = False \(or True"):

        class Other(Plain):
            def objective(self, tail, state, batch, plan, loss):
                return loss(tail(state), batch.y).mean()

    with pytest.raises(TypeError, match=r"Half writes objective: declare in the class, mixes_alone = False"):

        class Half(Plain):
            stackable = True

            def objective(self, tail, state, batch, plan, loss):
                return loss(tail(state), batch.y).mean()

    class Whole(Plain):
        stackable = False
        mixes_alone = False

        def objective(self, tail, state, batch, plan, loss):
            return loss(tail(state), batch.y).mean()

    assert (Whole().stackable, Whole().mixes_alone, Whole().mixes) == (False, False, True)


def test_what_writes_an_objective_is_recorded_only_if_it_says_so():
    class Own(Plain):
        stackable = False

        def mix(self, h, plan):
            return h

    class Says(Own):
        stackable = False
        capturable = True

        def mix(self, h, plan):
            return h

    class Inherits(Says):
        stackable = False

        def mix(self, h, plan):
            return h

    class Draws(Says):
        def plan(self, batch, rng):
            return super().plan(batch, rng)

    assert [kind.capturable for kind in (Plain, Own, Says, Inherits, Draws)] == [True, False, True, False, True]


def test_what_a_method_says_of_its_functions_does_not_hold_for_a_subclass_that_writes_them_anew():
    with pytest.raises(TypeError, match="Focal writes objective"):

        class Focal(Erm):
            def objective(self, tail, state, batch, plan, loss):
                return loss(tail(state), batch.y).square().mean()

    with pytest.raises(TypeError, match="Looks inherits mixes = False: declare in the class, mixes = True"):

        class Looks(Erm):
            def plan(self, batch, rng):
                return super().plan(batch, rng)

    class Told(Erm):
        stackable = False
        mixes_alone = False
        mixes = True

        def objective(self, tail, state, batch, plan, loss):
            return loss(tail(state), batch.y).square().mean()

    class Other(Regmixup):
        def plan(self, batch, rng):
            return super().plan(batch, rng)

    class Declared(Regmixup):
        stackable = True
        mixes_alone = True

        def objective(self, tail, state, batch, plan, loss):
            return super().objective(tail, state, batch, plan, loss)

    assert (Erm().stackable, Erm().mixes, Erm().mixes_alone) == (True, False, True)
    assert (Told().stackable, Told().mixes, Told().mixes_alone) == (False, True, False)
    assert Other().stackable
    assert Declared().stackable


def test_the_former_name_of_repeat_batch_is_refused():
    with pytest.raises(TypeError, match="hold is called repeat_batch"):

        class Old(Plain):
            hold = 3


def test_where_a_method_does_not_apply_the_first_reason_is_said():
    @dataclass(frozen=True)
    class Picky(Plain):
        domains = ("images", "./points.py")
        kinds = ("class",)

        def reject(self, task):
            return "too few rows" if task.rows < 60 else None

    here = TASK._replace(domain="images")
    assert (
        why_not(Picky(site="wave"), here) == "no site 'wave' here (this task has: input, hidden; say which, site=...)"
    )
    assert why_not(Picky(), TASK) == "made for images, points, not for tabular"
    assert (
        why_not(Picky(), here._replace(kind="regression")) == "made for targets of the kind class, not for regression"
    )
    assert why_not(Picky(), here) == "too few rows"
    assert why_not(Picky(), here._replace(rows=60)) is None
    assert why_not(Picky(site="random"), here._replace(rows=60, domain="points")) is None
    assert why_not(method("mixup"), TASK) is None
