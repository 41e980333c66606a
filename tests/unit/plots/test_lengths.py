"""The picture of a task at several lengths."""

from support.folders import BASE, NOISE, write_folder

from mixsuite.plots.lengths import draw_lengths
from mixsuite.report.leaderboard import build


def test_a_task_at_one_length_has_no_picture(tmp_path):
    out = write_folder(tmp_path / "out", {"t": {"erm": BASE, "m": BASE}})
    draw_lengths(build(out))
    assert not (out / "lengths").exists()


def test_methods_that_a_length_lacks_leave_a_gap(tmp_path):
    out = write_folder(
        tmp_path / "out", {"t": {"erm": BASE, "m": BASE + NOISE[0], "n": BASE}, "t@r×2": {"erm": BASE, "m": BASE}}
    )
    draw_lengths(build(out))
    assert (out / "lengths" / "t.png").read_bytes().startswith(b"\x89PNG")
