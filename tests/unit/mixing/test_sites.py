"""The sites of a method that draws one anew each step."""

import pytest
from scipy import stats

from mixsuite.mixing.rng import uniforms
from mixsuite.mixing.sites import drawable_sites, random_sites


def test_waves_are_never_drawn_and_the_shallowest_come_first():
    sites = {"embedding": 3, "wave": 0, "hidden": 2, "input": 1}
    assert drawable_sites(sites) == ["input", "hidden", "embedding"]
    assert drawable_sites({"b": 1, "a": 1, "c": 0}) == ["c", "a", "b"]  # at one depth by name
    assert drawable_sites({"wave": 0}) == []


def test_steps_drawn_together_are_steps_drawn_alone_from_the_sites_stream():
    names = ["input", "hidden", "embedding"]
    whole = random_sites(7, names, 0, 40)
    assert whole == [site for step in range(40) for site in random_sites(7, names, step, 1)]
    assert random_sites(7, names, 13, 9) == whole[13:22]
    u = uniforms(7, "draw/site", 0, 40, 1)[:, 0]
    assert whole == [names[0 if v < 1 / 3 else 1 if v < 2 / 3 else 2] for v in u]
    assert random_sites(8, names, 0, 40) != whole


@pytest.mark.parametrize("repeat", [1, 2, 3, 5])
def test_repeated_steps_share_a_draw(repeat):
    names = ["input", "hidden"]
    once = random_sites(1, names, 0, 20)
    found = random_sites(1, names, 4, 30, repeat)
    assert found == [once[step // repeat] for step in range(4, 34)] if repeat > 1 else once[4:]


def test_every_site_is_drawn_equally_often():
    drawn = random_sites(3, ["a", "b", "c"], 0, 3000)
    assert stats.chisquare([drawn.count(name) for name in "abc"]).pvalue > 0.001


def test_the_sites_of_a_seed_are_what_they_were():
    found = random_sites(0, ["input", "hidden", "embedding"], 0, 8)
    assert found == ["input", "hidden", "input", "input", "embedding", "input", "embedding", "embedding"]
