"""The claims from Python."""

import pytest

from mixsuite import api
from mixsuite.errors import InputError


def test_no_study_at_all_is_refused():
    with pytest.raises(InputError, match="--only: no study is named; leave it out for all"):
        api.claims("")


def test_a_study_that_there_is_not_is_refused():
    with pytest.raises(InputError, match=r"study 'uck'.*did you mean 'uci'"):
        api.claims("uck")
