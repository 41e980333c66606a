"""What a plugin's source says of it, read without importing it."""

import dataclasses

import pytest

from mixsuite.domains.base import Dataset
from mixsuite.evaluation.base import Probe
from mixsuite.mixing import Method
from mixsuite.plugins.describe import _describe_file, describe
from mixsuite.plugins.kinds import DATASET, METHOD, PROBE, builtin_files
from mixsuite.plugins.load import Source, load_class


def test_a_description_has_parameters_and_literals():
    found = {d["name"]: d for d in describe(METHOD)}
    alpha, lam = "alpha: float = 1.0", "lam: Literal['batch', 'row'] = 'batch'"
    assert found["mixup"]["params"] == {"alpha": alpha, "lam": lam}
    assert found["cutmix"]["domains"] == ("images", "speech")
    near = found["c_mixup"]
    assert near["params"] == {"alpha": "alpha: float = 2.0", "lam": lam, "bandwidth": "bandwidth: float = 0.5"}
    assert (near["lam_law"], near["label"]) == ("Beta(alpha, alpha)", "matched")
    assert near["pairing"] == "drawn by nearness of targets"
    assert near["about"].startswith("mixup with partners whose targets are near")
    assert found["mixup"]["about"].startswith("Convex combinations")


@pytest.mark.parametrize(("kind", "base"), [(METHOD, Method), (DATASET, Dataset), (PROBE, Probe)])
def test_what_is_read_is_what_the_class_has(kind, base):
    """The twin imports every plugin."""
    for item in describe(kind):
        cls = load_class(kind, Source(item["name"], builtin_files(kind)[item["name"]]), base)
        own = vars(cls).get("__annotations__", {})
        assert set(item["params"]) == set(own)
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for name, written in item["params"].items():
            default = fields[name].default
            assert (" = " in written) == (default is not dataclasses.MISSING)
            if default is not dataclasses.MISSING:
                assert eval(written.rpartition(" = ")[2], {}) == default
        for key in set(item) - {"name", "params", "about", "module"}:
            assert getattr(cls, key) == item[key], (item["name"], key)
        assert item["about"] == " ".join(cls.__doc__.split("\n\n")[0].split())


def test_the_last_dataclass_of_a_file_is_the_plugin(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        '"""What the file is for.\n\nMore."""\n'
        "@dataclass\nclass Helper:\n    x: int = 1\n"
        "@dataclass(frozen=True)\nclass Mine(Method):\n"
        "    site: str = field(default='hidden', kw_only=True)\n    free: float\n    label = 'own'\n    other = f(1)\n"
        "class Last:\n    y: int = 2\n"
    )
    assert _describe_file("mine", path) == {
        "name": "mine",
        "params": {"site": "site: str = 'hidden'", "free": "free: float"},
        "label": "own",
        "about": "What the file is for.",
        "module": "What the file is for.",
    }
