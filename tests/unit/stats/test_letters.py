"""The compact letter display against every graph of few methods."""

from itertools import combinations, product

import numpy as np
import pytest

from mixsuite.stats.letters import letters


def graph(m, edges):
    significant = np.zeros((m, m), dtype=bool)
    for a, b in edges:
        significant[a, b] = significant[b, a] = True
    return significant


def split(text):
    """ "ab1c" -> {"a", "b1", "c"}"""
    found = []
    for char in text:
        if char.isdigit():
            found[-1] += char
        else:
            found.append(char)
    return set(found)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_two_methods_share_a_letter_if_and_only_if_they_do_not_differ(m):
    pairs = list(combinations(range(m), 2))
    for chosen in product([False, True], repeat=len(pairs)):
        significant = graph(m, [pair for pair, one in zip(pairs, chosen, strict=True) if one])
        found = letters(significant)
        assert found[0][0] == "a"
        for a, b in pairs:
            assert bool(set(found[a]) & set(found[b])) == (not significant[a, b])
        # No letter says what another one says already.
        groups = [{i for i in range(m) if letter in found[i]} for letter in set("".join(found))]
        assert all(one == other or not one <= other for one in groups for other in groups)


def test_known_displays():
    assert letters(graph(3, [])) == ["a", "a", "a"]
    assert letters(graph(3, [(0, 2)])) == ["a", "ab", "b"]
    assert letters(graph(4, [(0, 1), (0, 2), (0, 3)])) == ["a", "b", "b", "b"]


def test_more_than_twenty_six_groups_have_numbers():
    found = letters(graph(30, combinations(range(30), 2)))
    assert found[25:28] == ["z", "a1", "b1"]
    assert len(set(found)) == 30
    assert split("ab1c") == {"a", "b1", "c"}


def test_many_methods_that_differ_more_the_further_apart_are_quick():
    significant = np.abs(np.subtract.outer(np.arange(40), np.arange(40))) > 5
    found = [split(text) for text in letters(significant)]
    for a, b in combinations(range(40), 2):
        assert bool(found[a] & found[b]) == (not significant[a, b])
