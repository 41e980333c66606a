"""Tuning from Python: what is wrong is refused before anything is trained."""

import pytest

from mixsuite import api
from mixsuite.errors import InputError


@pytest.mark.parametrize(
    ("options", "said"),
    [({"trials": 0}, "trials"), ({"sampler": "grd"}, "grid"), ({"methods": "mixpu"}, "did you mean 'mixup'")],
)
def test_bad_input_is_one_line(tiny, tmp_path, options, said):
    with pytest.raises(InputError, match=said) as error:
        api.tune(str(tiny), out=tmp_path / "out", **options)
    assert len(str(error.value).splitlines()) == 1
    assert not (tmp_path / "out").exists()
