"""The kinds of plugin and the built-in ones, found by their files."""

import pytest

from mixsuite.plugins.kinds import DATASET, DOMAIN, KINDS, METHOD, METRIC, MODEL, PACKAGE, PROBE, builtin_files


def test_every_kind_has_a_name_and_an_entry_point_group():
    assert [(kind.name, kind.group) for kind in KINDS] == [
        ("method", "mixsuite.methods"),
        ("dataset", "mixsuite.datasets"),
        ("model", "mixsuite.models"),
        ("optimizer", "mixsuite.optimizers"),
        ("schedule", "mixsuite.schedules"),
        ("augmentation", "mixsuite.augmentations"),
        ("probe", "mixsuite.probes"),
        ("metric", "mixsuite.metrics"),
        ("domain", "mixsuite.domains"),
    ]


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        (METHOD, {"erm", "mixup", "cutmix", "c_mixup"}),
        (DATASET, {"digits", "b3db", "japanese_vowels", "csv", "tu"}),
        (MODEL, {"conv", "mlp", "gin", "vgg"}),
        (PROBE, {"fgsm", "pgd", "memorised"}),
        (METRIC, {"auc", "f1", "spearman"}),
        (DOMAIN, {"images", "tabular", "speech", "graphs"}),
    ],
)
def test_built_in_plugins_are_files_by_name_sorted_without_helpers(kind, some):
    files = builtin_files(kind)
    assert some <= set(files)
    assert list(files) == sorted(files)
    assert all(path.is_file() and PACKAGE in path.parents for path in files.values())
    assert not any(path.name.startswith("_") for path in files.values())
    assert all(name == (path.parent.name if kind is DOMAIN else path.stem) for name, path in files.items())


def test_the_domains_are_four_folders():
    assert set(builtin_files(DOMAIN)) == {"graphs", "images", "speech", "tabular"}
    assert "_table" not in builtin_files(DATASET)
    assert "_tu" not in builtin_files(DATASET)
