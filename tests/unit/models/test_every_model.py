"""Each model of the package in a small matrix: it trains with the methods that mix at any site, from the same weights."""

import pytest

from mixsuite import api
from mixsuite.models.base import Model
from mixsuite.plugins.describe import describe
from mixsuite.plugins.kinds import MODEL
from mixsuite.plugins.load import find, load_class
from mixsuite.results.record_files import read_records

MATRIX = """
seeds = "0"
datasets = ["{data}@it"]
methods = ["erm", "mixup", "manifold_mixup", "mixupe"]
[recipes.it]
model = "{model}"
optimizer = "adam"
lr = 0.001
steps = 3
batch = 8
"""
DATA = {
    "images": "digits(rows=60)",
    "tabular": "titanic(rows=60)",
    "numbers": "diabetes(rows=60)",
    "speech": "japanese_vowels(rows=60)",
    "graphs": "b3db(rows=60)",
}
SEVERAL = [("tabular", "tabm(width=8, k=3)"), ("numbers", "tabm(width=8, k=3, variant='tabm-mini')")]
ONE = [
    ("images", "resnet18(width=4)"),
    ("images", "vit_tiny(width=6, depth=2)"),
    ("images", "airbench(width=4)"),
    ("speech", "resnet2d(width=4)"),
    ("graphs", "sage(width=8)"),
    ("tabular", "tabular_resnet(width=8)"),
    ("numbers", "ft_transformer(width=8, heads=2)"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("data", "model"), SEVERAL + ONE)
def test_it_trains_in_a_matrix_from_the_same_weights(data, model, in_process, tmp_path):
    (tmp_path / "it.toml").write_text(MATRIX.format(data=DATA[data], model=model))
    api.run(str(tmp_path / "it.toml"), out=tmp_path / "out")
    records = {record.names["method"]: record for record in read_records(tmp_path / "out").values()}
    own_terms = records.pop("mixupe")
    found = {name: (record.status, record.reason) for name, record in records.items()}
    assert found == dict.fromkeys(("erm", "mixup", "manifold_mixup"), ("ok", ""))
    assert len({record.digests["init"] for record in records.values()}) == 1
    assert len({record.digests["weights"] for record in records.values()}) == 3
    assert own_terms.status == ("skipped" if (data, model) in SEVERAL or data == "numbers" else "ok")
    if (data, model) in SEVERAL and data != "numbers":
        assert "this model's 3 predictions a row" in own_terms.reason


OTHERS = {"timm", "torchvision", "pyg"}  # nets of other libraries, which may do anything


@pytest.mark.parametrize("name", [item["name"] for item in describe(MODEL)])
def test_the_packages_nets_can_be_recorded(name):
    """Their steps hold nothing on the host that changes; test_gpu.py shows what that comes to."""
    model = load_class(MODEL, find(MODEL, name), Model)
    assert (model.stackable or model.capturable is True) is (name not in OTHERS)
