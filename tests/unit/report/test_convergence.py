"""Which comparisons have converged: a task and the same one at greater lengths."""

import numpy as np
from support.folders import BASE, NOISE

from mixsuite.report.convergence import convergence, doubled, not_stretched
from mixsuite.report.leaderboard import build
from mixsuite.report.text import report_text
from mixsuite.results.reading import load_results

TINY = NOISE / 50
STILL = {"erm": BASE, "still": BASE + 0.05 + TINY[0], "moving": BASE + 0.05 + TINY[1]}
LONGER = {"erm": BASE + TINY[2], "still": BASE + 0.05 + TINY[3], "moving": BASE - 0.05 + TINY[0]}


def three(folder):
    return folder({"t": STILL, "t@r×2": LONGER, "t@r×4": LONGER, "u": STILL})


def test_a_comparison_is_held_against_the_next_length(folder):
    results = load_results(three(folder))
    tasks = results.manifest.tasks
    assert [doubled(results, task) and doubled(results, task).name for task in tasks.values()] == [
        "t@r×2", "t@r×4", None, None,
    ]  # fmt: skip
    assert [task.name for task in not_stretched(tasks.values())] == ["t", "u"]
    states = {(t, m): convergence(results, tasks[t], m, "erm") for t in tasks for m in ("still", "moving")}
    assert states["t", "still"] == "yes"
    assert states["t", "moving"] == "no"
    assert states["t@r×2", "moving"] == "yes"
    assert {states[t, m] for t in ("t@r×4", "u") for m in ("still", "moving")} == {"not looked"}


def test_seeds_that_lack_a_run_do_not_count(folder):
    gone = {("t@r×2", "still", s): {"status": "failed", "metrics": {}} for s in range(9)}
    results = load_results(folder({"t": STILL, "t@r×2": LONGER}, gone))
    task = results.manifest.tasks["t"]
    assert convergence(results, task, "still", "erm") == "undecided"  # one seed is left
    all_gone = gone | {("t@r×2", "still", 9): {"status": "failed", "metrics": {}}}
    results = load_results(
        folder({"v": STILL, "v@r×2": LONGER}, {("v" + k[0][1:], *k[1:]): c for k, c in all_gone.items()})
    )
    assert convergence(results, results.manifest.tasks["v"], "still", "erm") == "not looked"


def test_verdicts_that_have_not_converged_are_marked_and_counted_apart(folder):
    report = build(three(folder))
    row = report.tasks["t"].set_index("method").loc["moving"]
    assert (row["verdict"], row["converged"]) == ("worse", "no")
    overall = report.overall.set_index("method")
    assert overall.loc["moving", ["worse", "not_converged"]].tolist() == [1, 1]
    assert overall.loc["still", ["worse", "not_converged"]].tolist() == [2, 0]
    assert (overall["ranked_over"] == 2).all()
    text = report_text(report)
    assert "have not converged, so their verdicts are about unended training: moving on t (worse, still moving)" in text
    assert "ranked over 2 of 2" in text
    heads = [line.split() for line in text.splitlines() if line.startswith("method ")]
    assert ["converged" in head for head in heads] == [True, True, False, False, True]  # the last: "not converged"


def test_pictures_are_drawn_of_tasks_at_several_lengths(folder, mixsuite):
    out = three(folder)
    assert mixsuite("leaderboard", "--out", out).status == 0
    (picture,) = (out / "lengths").iterdir()
    assert picture.name == "t.png"
    before = picture.read_bytes()
    picture.unlink()
    mixsuite("leaderboard", "--out", out)
    assert picture.read_bytes() == before
    assert np.isclose(len(before), 70_000, atol=60_000)
