"""Which code made a result: what is in a run's identity, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.paths import TOYS
from support.sources import INTRA_MIX

from mixsuite.domains.base import Dataset
from mixsuite.evaluation.base import Probe
from mixsuite.experiment import code
from mixsuite.experiment.build import find_domain, load_domain
from mixsuite.experiment.code import LIBRARIES, code_of_evaluation, code_of_run, core_files, versions
from mixsuite.experiment.parts import Parts
from mixsuite.mixing import Method
from mixsuite.models.base import Model
from mixsuite.plugins import source
from mixsuite.plugins.kinds import DATASET, METHOD, MODEL, OPTIMIZER, PACKAGE, PROBE, builtin_files
from mixsuite.plugins.load import load_plugin
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.schedules.constant import Constant


def identity(method="mixup", dataset="digits", optimizer="sgd"):
    """The identity of the code of a run."""
    made, plugin = load_plugin(METHOD, str(method), Method), load_plugin(DATASET, str(dataset), Dataset)
    domain = find_domain(type(plugin.instance).domain, plugin.source.path)
    usual = {"images": "conv", "tabular": "mlp", "speech": "conv1d", "graphs": "gin"}
    model = load_plugin(MODEL, usual.get(domain.name, str(domain.path)), Model).instance
    optimizer = load_plugin(OPTIMIZER, str(optimizer), Optimizer).instance
    parts = Parts(plugin.instance, load_domain(domain), model, optimizer, Constant())
    return code_of_run(made.instance, parts)


def files_of(found):
    return {str(path.relative_to(PACKAGE)) if PACKAGE in path.parents else path.name for path in found.files}


CORE = {str(path.relative_to(PACKAGE)) for path in core_files()}


def test_the_core_is_what_carrying_out_a_run_imports():
    assert {
        "execution/execute.py", "training/loop.py", "training/lockstep.py", "training/fused.py", "training/schedule.py", "training/batches.py",
        "mixing/engine.py", "mixing/rng.py", "mixing/plan.py", "domains/build.py", "domains/split.py",
        "evaluation/scores.py", "models/base.py", "models/stack.py", "data/rows.py", "mixing/inside.py", "plugins/entry.py",
    } <= CORE  # fmt: skip
    rooms = {name.partition("/")[0] for name in CORE - {"stats/primary.py", "stats/fold.py"}}  # which a task has
    assert not rooms & {"cli", "report", "stats", "plots", "claims", "regression", "results", "testing", "templates"}
    assert not any("/methods/" in name or "/datasets/" in name or "/probes/" in name for name in CORE)
    assert not any(name.endswith(("adapter.py", "domain.py", "__init__.py")) for name in CORE)
    assert not {"execution/worker.py", "execution/pool.py", "execution/runner.py", "plugins/load.py"} & CORE


def test_no_file_of_the_core_imports_one_that_is_not_in_it():
    """The twin looks the modules up that Python itself bound."""
    import importlib
    import types

    for name in sorted(CORE):
        module = importlib.import_module("mixsuite." + name.removesuffix(".py").replace("/", "."))
        for value in vars(module).values():
            home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
            if (
                isinstance(home, str)
                and home.startswith("mixsuite.")
                and isinstance(value, type | types.FunctionType | types.ModuleType)
            ):
                path = Path(importlib.import_module(home).__file__)
                assert str(path.relative_to(PACKAGE)) in CORE, (name, home)


def test_a_comment_in_any_core_file_moves_nothing_and_a_statement_does(monkeypatch):
    paths = sorted(core_files())
    before = source.hash_files(paths)
    for path in paths:
        for text, same in (("# a comment\n\n{}\n# another\n", True), ("{}\nPLANTED = 1\n", False)):
            changed = text.format(path.read_text())
            with monkeypatch.context() as patch:
                real = source._read
                patch.setattr(
                    source,
                    "_read",
                    lambda p, path=path, changed=changed, real=real: (
                        source._parse(changed, p) if p == path else real(p)
                    ),
                )
                assert (source.hash_files(paths) == before) == same, path


def test_a_run_is_made_of_its_core_method_data_set_model_domain_and_libraries():
    found = identity()
    assert list(found.parts) == [
        "hash",
        "core",
        "method",
        "dataset",
        "model",
        "optimizer",
        "schedule",
        "augment",
        "domain",
        "libraries",
    ]
    assert found.hash == found.parts["hash"]
    assert all(
        len(found.parts[key]) == 16 for key in ("hash", "core", "method", "dataset", "model", "optimizer", "domain")
    )
    assert set(found.parts["libraries"]) == set(LIBRARIES)
    assert files_of(found) == CORE | {
        "mixing/methods/mixup.py", "mixing/draws.py", "mixing/geometry.py", "domains/images/datasets/digits.py",
        "domains/images/adapter.py", "models/images/conv.py", "models/dropout.py", "domains/images/decode.py",
        "domains/images/pictures.py", "domains/file_rows.py", "data/cores.py",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "dataset", "moved"),
    [
        ("cutmix", "digits", {"method"}),
        ("mixup", "fashion_mnist", {"dataset", "libraries"}),
        ("mixup", "wine", {"dataset", "domain", "model"}),
    ],
)
def test_another_part_moves_its_own_hash_and_the_whole(method, dataset, moved):
    one, other = identity().parts, identity(method, dataset).parts
    assert {key for key in one if one[key] != other[key]} == moved | {"hash"}


def test_a_helper_of_data_sets_is_in_the_hash_of_those_alone_that_import_it():
    helper = "domains/graphs/datasets/_tu.py"
    written = {"edges": "edges:a"}  # of those that take a path, those that may import it
    yours = {"csv", "folder", "hf_images", "hf_table", "openml", "sounds", "table"}
    names = set(builtin_files(DATASET)) - yours
    assert {name for name in names if helper in files_of(identity("erm", written.get(name, name)))} == {"tu", "edges"}
    table = "domains/tabular/datasets/_table.py"
    assert table in files_of(identity("erm", "csv:a.csv:y"))
    assert table in files_of(identity("erm", "table:a.parquet:y"))
    assert table not in files_of(identity("erm", "wine"))


@pytest.mark.parametrize("dataset", ["digits", "wine", "japanese_vowels", "b3db"])
def test_how_a_domain_is_drawn_and_tried_is_in_no_hash(dataset):
    found = files_of(identity("mixup", dataset))
    assert not any(name.endswith("/domain.py") for name in found)
    assert sum(name.endswith("/adapter.py") for name in found) == 1
    assert not any(name.startswith(("testing/", "plots/")) for name in found)


def test_libraries_are_those_that_the_run_needs():
    assert "torchaudio" in identity("mixup", "japanese_vowels").parts["libraries"]
    assert "torchaudio" not in identity().parts["libraries"]
    assert versions(("torch", "no-such-package")) == {
        "torch": __import__("torch").__version__.partition("+")[0],
        "no-such-package": "missing",
    } or (versions(("no-such-package",)) == {"no-such-package": "missing"})


def method_beside(folder, helper):
    folder.mkdir(exist_ok=True)
    (folder / "helper.py").write_text(helper)
    (folder / "intra_mix.py").write_text("from helper import ALPHA\n" + INTRA_MIX.replace("1.0", "ALPHA"))
    return folder / "intra_mix.py"


def test_a_changed_helper_of_an_outside_method_moves_its_runs_and_no_others(tmp_path):
    path = method_beside(tmp_path, "ALPHA = 0.5\n")
    first, others = identity(path), [identity().parts, identity("cutmix").parts]
    assert {"intra_mix.py", "helper.py"} <= files_of(first)
    method_beside(tmp_path, "# a comment\nALPHA = 0.5\n")
    assert identity(path).parts == first.parts
    method_beside(tmp_path, "ALPHA = 0.25\n")
    second = identity(path)
    assert {key for key in first.parts if first.parts[key] != second.parts[key]} == {"method", "hash"}
    assert [identity().parts, identity("cutmix").parts] == others


def test_the_code_of_a_method_includes_what_it_inherits_from_and_what_it_takes_from_mixsuite(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from mixsuite.mixing.methods.mixup import Mixup\nclass Mine(Mixup):\n    pass\n")
    own = files_of(identity(path)) - files_of(identity("erm"))
    assert own == {"mine.py", "mixing/methods/mixup.py"} | (
        files_of(identity("mixup")) - files_of(identity("erm")) - {"mixing/methods/mixup.py"}
    )
    path.write_text(INTRA_MIX)
    assert "mixing/geometry.py" in files_of(identity(path))


def test_an_outside_file_is_the_same_code_wherever_it_lies(tmp_path):
    paths = [method_beside(tmp_path / name, "ALPHA = 0.5\n") for name in ("one", "other")]
    assert identity(paths[0]).parts == identity(paths[1]).parts
    assert identity(paths[0]).files != identity(paths[1]).files


def test_a_toys_run_has_the_toys_files():
    found = files_of(identity(TOYS / "gan.py", TOYS / "gaussians.py"))
    assert {"gan.py", "gaussians.py", "points.py"} <= found
    assert not {"patches.py", "all_pairs.py"} & found


def test_a_changed_byte_is_seen(tmp_path):
    path = method_beside(tmp_path, "ALPHA = 0.5\n")
    found = identity(path)
    assert not found.changed()
    (tmp_path / "helper.py").write_text("ALPHA = 0.5 \n")
    assert found.changed()
    assert not replace(found, content=source.content_digest(found.files)).changed()


def probe_code(entry):
    return code_of_evaluation(load_plugin(PROBE, str(entry), Probe).instance)


def test_probes_have_codes_of_their_own_and_one_that_uses_another_has_its_code(monkeypatch):
    codes = {name: probe_code(name) for name in builtin_files(PROBE)}
    assert len(set(codes.values())) == len(codes)
    pgd = builtin_files(PROBE)["pgd"]
    real, text = source._read, pgd.read_text()
    changed = text + "\nPLANTED = 1\n"
    monkeypatch.setattr(source, "_read", lambda path: source._parse(changed, path) if path == pgd else real(path))
    moved = {name for name in builtin_files(PROBE) if probe_code(name) != codes[name]}
    assert moved == {"pgd", "black_box"}  # the attacks of black_box are pgd's


def test_how_probes_are_measured_is_in_the_code_of_each_and_in_no_runs(monkeypatch):
    measure = PACKAGE / "evaluation" / "measure.py"
    assert "evaluation/measure.py" not in files_of(identity())
    before, real = probe_code("fgsm"), source._read
    changed = measure.read_text() + "\nPLANTED = 1\n"
    monkeypatch.setattr(source, "_read", lambda path: source._parse(changed, path) if path == measure else real(path))
    assert probe_code("fgsm") != before
    assert code._core_hash() == identity().parts["core"]


def test_an_optimiser_of_a_users_own_moves_its_part_and_no_other(tmp_path):
    own = tmp_path / "own.py"
    own.write_text((PACKAGE / "training" / "optimizers" / "lion.py").read_text())
    usual, other = identity().parts, identity(optimizer=own).parts
    assert {key for key in usual if usual[key] != other[key]} == {"hash", "optimizer"}
    assert identity(optimizer="lion").parts["optimizer"] == other["optimizer"]
