"""Code and data that are no longer those of the plan are refused."""

import pytest
from support.blocks import train_block
from support.faulty import FAULTY
from support.toys import Toy

from mixsuite.errors import InputError
from mixsuite.execution.unchanged import check_code, check_files
from mixsuite.execution.worker import Worker
from mixsuite.models.ranks import Ranks


def test_code_that_was_changed_since_the_call_began_is_refused_on_every_rank(tiny, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)
    block = train_block(tiny, f"{path}(kind=none)")
    check_code(block)
    path.write_text(path.read_text() + "# edited\n")
    for use in (check_code, lambda block: Worker().follow(block, Ranks(1, 2))):
        with pytest.raises(RuntimeError, match="was changed after the call began; run it again"):
            use(block)


def test_files_that_are_not_those_of_the_plan_are_refused(tmp_path):
    check_files(Toy(), tmp_path, "")
    with pytest.raises(InputError, match="Toy: its files were changed after the call began; run it again"):
        check_files(Toy(), tmp_path, "0" * 16)
