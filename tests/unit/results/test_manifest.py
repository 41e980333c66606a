"""<out>/matrix.toml: what is written is read with the same ids, and cells add up."""

import pytest

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve
from mixsuite.results.manifest import JUDGED_FROM, Looks, Manifest, load_manifest
from mixsuite.stats.paired import NEVER_BELOW


def save(tmp_path, *runs):
    manifest = Manifest("erm", 0.02)
    for some in runs:
        manifest.add(some)
    manifest.save(tmp_path)
    return manifest


def test_ids_survive_being_written_and_read(tmp_path):
    runs = resolve(load_matrix("quick")).runs()
    save(tmp_path, runs)
    found = load_manifest(tmp_path)
    assert {r.id for r in found.runs()} == {r.id for r in runs}
    assert (found.reference, found.margin) == ("erm", 0.02)
    assert [t.name for t in found.tasks.values()] == [t.name for t in resolve(load_matrix("quick")).tasks]


def test_a_further_call_adds_its_cells_and_no_others(tmp_path):
    matrix = load_matrix("quick")
    first = resolve(matrix, ["mixup"], ["wine"], (0, 1)).runs()
    second = resolve(matrix, ["mixup(alpha=0.2)"], ["iris"], (1, 2)).runs()
    save(tmp_path, first, second)
    found = load_manifest(tmp_path)
    assert {r.id for r in found.runs()} == {r.id for r in first + second}
    assert len(found.runs()) == len(first) + len(second)


def test_a_parameter_called_name_is_kept(tmp_path):
    runs = resolve(load_matrix("quick"), ["erm"], ["tu:NCI1"], (0,)).runs()
    save(tmp_path, runs)
    found = load_manifest(tmp_path)
    assert [r.id for r in found.runs()] == [r.id for r in runs]
    assert list(found.tasks) == ["tu:NCI1"]


def test_the_latest_meaning_of_a_name_stands(tmp_path):
    old = resolve(load_matrix("quick"), ["erm"], ["wine"], (0,)).runs()
    changed = load_matrix("quick").model_copy(update={"select": "best_validation"})
    new = resolve(changed, ["erm"], ["wine"], (0,)).runs()
    save(tmp_path, old, new)
    assert [r.id for r in load_manifest(tmp_path).runs()] == [r.id for r in new]


@pytest.mark.parametrize("text", ["x = [", "x = 1", 'reference = "erm"\ntasks = 3\nmethods = {}\ncells = []'])
def test_a_foreign_file_is_refused(tmp_path, text):
    (tmp_path / "matrix.toml").write_text(text)
    with pytest.raises(InputError, match="not a matrix that mixsuite wrote"):
        load_manifest(tmp_path)


def test_cells_are_few_blocks_and_what_the_matrix_was_is_kept(tmp_path):
    matrix = load_matrix("quick")
    runs = resolve(matrix, ["mixup", "erm"], ["wine", "iris"], (0, 1, 2)).runs()
    manifest = Manifest("erm", matrix="quick")
    manifest.add(runs)
    assert [(b["methods"], b["seeds"]) for b in manifest.blocks()] == [(["mixup", "erm"], "0-2")]
    manifest.add(resolve(matrix, ["mixup"], ["wine"], (7,)).runs()[1:])
    assert len(manifest.blocks()) > 1
    manifest.save(tmp_path)
    assert load_manifest(tmp_path).matrix == "quick"
    assert load_manifest(tmp_path).cells == manifest.cells
    assert load_manifest(tmp_path / "none") == Manifest()


def test_ids_are_those_of_the_runs(tmp_path):
    runs = resolve(load_matrix("quick"), ["erm"], ["wine"], (0, 3)).runs()
    manifest = save(tmp_path, runs)
    ((cell, ids),) = manifest.ids().items()
    assert cell == (runs[0].task.name, "erm")
    assert ids == {run.seed: run.id for run in runs}


def test_ranked_methods_are_kept_and_told_if_named_late(tmp_path):
    runs = resolve(load_matrix("quick"), ["mixup"], ["wine"], (0,)).runs()
    manifest = Manifest("erm")
    manifest.rank(("erm", "mixup"))
    manifest.add(runs)
    manifest.rank(("erm", "mixup"))
    manifest.save(tmp_path)
    assert (load_manifest(tmp_path).ranked, load_manifest(tmp_path).ranked_late) == (("erm", "mixup"), False)
    manifest.rank(("mixup",))
    manifest.save(tmp_path)
    assert (load_manifest(tmp_path).ranked, load_manifest(tmp_path).ranked_late) == (("mixup",), True)
    manifest.ranked = ("cutmix",)
    manifest.save(tmp_path)
    with pytest.raises(InputError, match="ranked"):
        load_manifest(tmp_path)


def test_looks_are_declared_before_the_first_run(tmp_path):
    runs = resolve(load_matrix("quick"), ["mixup"], ["wine"], (0, 1)).runs()
    manifest = Manifest("erm")
    manifest.declare(Looks((6, 8), 1))
    manifest.add(runs, at_a_look=True)
    manifest.save(tmp_path)
    again = load_manifest(tmp_path)
    assert again.looks == Looks((6, 8), 1)
    again.declare(Looks((6, 8), 1))
    with pytest.raises(InputError, match="was begun with looks at 6, 8 seeds, not with looks at 6, 9 among 1 methods"):
        again.declare(Looks((6, 9), 1))
    bare = Manifest("erm")
    bare.add(runs)
    with pytest.raises(InputError, match="was begun without looks"):
        bare.declare(Looks((6, 8), 1))


@pytest.mark.parametrize("looks", [{"seeds": [8, 6], "among": 1}, {"seeds": [], "among": 1}, {"seeds": [6], "among": 0},
                                   {"seeds": [1.5], "among": 1}, {"seeds": [6, 6], "among": 1}, {"among": 1}])  # fmt: skip
def test_looks_that_cannot_be_are_refused(tmp_path, looks):
    manifest = save(tmp_path, resolve(load_matrix("quick"), ["mixup"], ["wine"], (0,)).runs())
    text = (tmp_path / "matrix.toml").read_text()
    assert manifest.looks is None
    import tomli_w

    (tmp_path / "matrix.toml").write_text(f"{text}\n{tomli_w.dumps({'looks': looks})}")
    with pytest.raises(InputError, match="not a matrix that mixsuite wrote"):
        load_manifest(tmp_path)


def test_seeds_that_are_raised_after_verdicts_could_be_seen_are_marked():
    few, six, more = (resolve(load_matrix("quick"), ["mixup"], ["wine"], tuple(range(n))).runs() for n in (5, 6, 8))
    manifest = Manifest("erm")
    manifest.add(few)
    manifest.add(six)
    assert not manifest.raised  # five seeds decide nothing
    manifest.add(six)
    assert not manifest.raised
    manifest.add(more)
    assert manifest.raised
    assert JUDGED_FROM == NEVER_BELOW
