"""A job that brings no optimiser and no schedule has those that its recipe names."""

from dataclasses import replace

import pytest

from mixsuite.errors import InputError
from mixsuite.training.built_in import optimizer_of, schedule_of
from mixsuite.training.loop import train
from mixsuite.training.optimizers.adamw import Adamw
from mixsuite.training.optimizers.sam import Sam
from mixsuite.training.schedules.exponential import Exponential
from mixsuite.training.schedules.step import Step


def test_the_recipes_names_are_looked_up(job):
    made = job("erm", optimizer="adamw", schedule="step(at=[0.5], gamma=0.2)")
    assert (optimizer_of(made), schedule_of(made)) == (Adamw(), Step(at=(0.5,), gamma=0.2))


def test_what_a_job_brings_is_its_own(job):
    made = replace(job("erm"), optimizer=Sam(), schedule=Exponential())
    assert (optimizer_of(made), schedule_of(made)) == (Sam(), Exponential())


def test_others_are_refused(job):
    with pytest.raises(InputError, match="unknown optimizer 'lion'"):
        train(job("erm", optimizer="lion"))
    with pytest.raises(InputError, match="unknown schedule 'exponential'"):
        train(job("erm", schedule="exponential"))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "step(at=[0.5], gamma=0.1)"])
def test_every_optimiser_and_schedule_learns(job, optimizer, schedule):
    fitted = train(job("erm", optimizer=optimizer, schedule=schedule, steps=60, lr=0.05, warmup=0.1))
    assert fitted.curve[-1]["loss"] < fitted.curve[0]["loss"]
