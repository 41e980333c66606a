"""A run's identity is the same in every process."""

import pytest

from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve


@pytest.mark.slow
def test_an_id_is_the_same_in_every_process(run_python, tiny):
    code = (
        "from mixsuite.experiment.matrix import load_matrix; from mixsuite.experiment.resolve import resolve\n"
        f"print([r.id for r in resolve(load_matrix({str(tiny)!r})).runs()])"
    )
    here = str([r.id for r in resolve(load_matrix(str(tiny))).runs()])
    assert run_python(code, PYTHONHASHSEED="1").strip() == run_python(code, PYTHONHASHSEED="2").strip() == here
