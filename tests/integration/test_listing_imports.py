"""What is listed is read and not imported."""

import pytest


@pytest.mark.slow
def test_listing_reads_files_without_importing_them(run_python):
    code = (
        "import sys; from mixsuite.plugins.describe import describe; from mixsuite.plugins.kinds import METHOD, builtin_files\n"
        "print([d['name'] for d in describe(METHOD)] == list(builtin_files(METHOD)), 'torch' in sys.modules)"
    )
    assert run_python(code).strip() == "True False"
