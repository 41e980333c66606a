"""The share of dropped units."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mixsuite.models.dropout import Dropout


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_is_from_0_to_below_1(share):
    assert TypeAdapter(Dropout).validate_python(0.5) == 0.5
    with pytest.raises(ValidationError):
        TypeAdapter(Dropout).validate_python(share)
