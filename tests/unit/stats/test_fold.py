"""An inner split: which of how many."""

import pytest

from mixsuite.stats.fold import Fold


@pytest.mark.parametrize("wrong", [(5, 5, 0), (-1, 5, 0), (0, 0, 0), (0, 5, -1)])
def test_a_fold_that_there_is_not_is_refused(wrong):
    with pytest.raises(ValueError, match="there is no such fold"):
        Fold(*wrong)
