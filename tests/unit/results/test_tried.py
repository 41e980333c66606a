"""The list of comparisons that were made: it counts them, and refuses a confirmation that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixsuite.errors import InputError
from mixsuite.results.tried import LEVEL, Tried, before, chance, fresh_seeds, need_fresh, read_tried, remember
from mixsuite.stats.paired import LEVEL as OF_VERDICTS


def one(variant="a", matrix="quick", sets=("wine", "iris"), seeds=(0, 1), confirmed=False, tasks=2, better=1):
    return Tried(variant, "mixup", matrix, sets, seeds, confirmed, tasks, better, 0)


names = st.text("abc(),=. \"'\u00e9", min_size=1, max_size=8).filter(lambda s: s.strip() == s and "; " not in s)
comparisons = st.builds(
    Tried, names, names, names, st.lists(names, min_size=1, max_size=3).map(tuple),
    st.sets(st.integers(0, 30), min_size=1).map(lambda s: tuple(sorted(s))), st.booleans(),
    *[st.integers(0, 99)] * 3,
)  # fmt: skip


@given(st.lists(comparisons, max_size=5))
def test_what_is_remembered_is_read_once_each(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("tried") / "tried.csv"
    assert read_tried(path) == []
    for each in made:
        remember(path, [each])
    found = read_tried(path)
    assert {c.key for c in found} == {c.key for c in made}
    assert len(found) == len({c.key for c in made})
    assert all(c in made for c in found)
    remember(path, made[:1])
    assert len(read_tried(path)) == len(found)


@pytest.mark.parametrize(
    "text", ["x\n", "variant,reference,matrix,data_sets,seeds,confirmed,tasks,better,worse\na,b,c,d,0,maybe,1,1,1\n",
             "variant,reference,matrix,data_sets,seeds,confirmed,tasks,better,worse\na,b,c,d,x,true,1,1,1\n",
             "variant,reference,matrix,data_sets,seeds,confirmed,tasks,better,worse\na,b,c,d,0,true,1,1\n"],
)  # fmt: skip
def test_another_file_is_refused_and_stays(tmp_path, text):
    path = tmp_path / "tried.csv"
    path.write_text(text)
    with pytest.raises(InputError, match="not a list of comparisons"):
        remember(path, [one()])
    assert path.read_text() == text


def test_fresh_is_what_none_has_used():
    tried = [one(), one("b", seeds=(3, 7))]
    assert fresh_seeds(tried, 3) == (8, 9, 10)
    assert fresh_seeds([], 2) == (0, 1)
    need_fresh(tried, "a", ("adult",), (8, 9))
    with pytest.raises(InputError, match="c was not compared before"):
        need_fresh(tried, "c", ("adult",), (8,))
    with pytest.raises(InputError, match="comparisons were made on wine before"):
        need_fresh(tried, "a", ("adult", "wine"), (8,))
    with pytest.raises(InputError, match="seeds 1,7 were used before"):
        need_fresh(tried, "a", ("adult",), (1, 2, 7))


def test_the_same_confirmation_may_be_called_again():
    again = one(sets=("adult",), seeds=(2, 3), confirmed=True)
    assert before([one(), again], "a", ("adult",)) == [one()]
    assert before([one(), again], "b", ("adult",)) == [one(), again]


def test_chance_is_told_of_several_variants_on_one_matrix():
    assert chance([one()], "quick", False) == ()
    (told,) = chance([one(), one("b"), one("c", "staged"), one("d", confirmed=True)], "quick", False)
    assert told.startswith("2 variants were compared on quick, with 2 better in 4 comparisons; ")
    assert "about 0.1 would be by chance" in told
    assert "for the first time" in chance([one()], "quick", True)[0]
    assert LEVEL == OF_VERDICTS
