"""Names to objects: built-in files, module paths, outsiders' files, and what is refused."""

import pytest

from mixsuite.plugins import load as plugins
from mixsuite.errors import InputError
from mixsuite.mixing import Method
from mixsuite.plugins.entry import Call, parse_call

INTRA_MIX = '''"""Mix every example with another one of its own class; the target stays hard."""
from dataclasses import dataclass
import torch
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class IntraMix(Method):
    """Within-class mixup. alpha: the weight is drawn from Beta(alpha, alpha), one per example."""
    alpha: float = 1.0

    def plan(self, batch, rng):
        y, n = batch.y, len(batch.y)
        order = torch.argsort(y + 0.5 * rng.uniform(n, kind="partner"))        # [B] shuffled, equal labels adjacent
        partner = order.roll(1)[torch.argsort(order)]
        partner = torch.where(y[partner] == y, partner, torch.arange(n, device=y.device))
        lam = rng.beta(self.alpha, self.alpha, n)
        return Plan(partner=partner, wx=over(lam, batch.shape), wy=torch.ones_like(lam))
'''


def load(path):
    call = Call(str(path))
    return plugins.load_class(plugins.METHODS, plugins.source_path(plugins.METHODS, call), Method)


def test_the_strangers_method_of_the_design_loads_as_it_stands(tmp_path):
    path = tmp_path / "intra_mix.py"
    path.write_text(INTRA_MIX)
    cls = load(path)
    method = plugins.instantiate(cls, parse_call("intra_mix(alpha=0.4)"), "method")
    assert (method.alpha, method.site, method.stop) == (0.4, "input", 1.0)
    assert display_name("intra_mix", method) == "intra_mix(alpha=0.4)"


def test_an_edited_file_is_loaded_anew(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX)
    first = load(path)
    path.write_text(INTRA_MIX.replace("alpha: float = 1.0", "alpha: float = 0.5"))
    assert load(path)().alpha == 0.5
    assert first().alpha == 1.0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "must define one subclass of Method, defines none"),
        (INTRA_MIX + INTRA_MIX.split('"""')[2].replace("IntraMix", "Other") + "    plan = IntraMix.plan", "IntraMix"),
        ("def f(:", "line 1: cannot be imported: SyntaxError"),
        ("a = 1\nimport no_such_package", "line 2: cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(0)", "line 1: cannot be imported: SystemExit"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        (INTRA_MIX.split("    def plan")[0], "does not define plan"),
    ],
)
def test_a_file_that_is_no_method_is_refused(tmp_path, source, said):
    path = tmp_path / "mine.py"
    path.write_text(source)
    with pytest.raises(InputError, match=said):
        load(path)


def test_a_module_path_works():
    path = plugins.source_path(plugins.METHODS, Call("mixsuite.mixing.engine"))
    assert path.name == "engine.py"


def test_listing_reads_files_without_importing_them(run_python):
    code = (
        "import sys; from mixsuite import plugins\n"
        "print([d['name'] for d in plugins.describe(plugins.METHODS)] == plugins.names(plugins.METHODS), 'torch' in sys.modules)"
    )
    assert run_python(code).strip() == "True False"


def test_a_description_has_parameters_and_literals():
    found = {d["name"]: d for d in plugins.describe(plugins.METHODS)}
    alpha, lam = "alpha: float = 1.0", "lam: Literal['batch', 'row'] = 'batch'"
    assert found["mixup"]["params"] == {"alpha": alpha, "lam": lam}
    assert found["cutmix"]["domains"] == ("images", "speech")
    inherited = found["c_mixup"]  # a kind of mixup: what it does not say itself is mixup's
    assert inherited["params"] == {"alpha": "alpha: float = 2.0", "lam": lam, "bandwidth": "bandwidth: float = 0.5"}
    assert (inherited["lam_law"], inherited["label"]) == ("Beta(alpha, alpha)", "matched")
    assert inherited["pairing"] == "drawn by nearness of targets"
    assert inherited["about"].startswith("Partners with near targets")
    assert found["mixup"]["about"].startswith("Convex combinations")


def test_checked_values_are_converted():
    cls = plugins.load_class(plugins.METHODS, plugins.folder(plugins.METHODS) / "mixup.py", Method)
    made = plugins.instantiate(cls, parse_call("mixup(alpha=2)"), "method")
    assert isinstance(made.alpha, float)
    assert dict(plugins.every_parameter(made))["alpha"] == 2.0
    with pytest.raises(InputError, match="alpha=inf"):
        plugins.instantiate(cls, Call("mixup", (("alpha", float("inf")),)), "method")


def test_a_default_is_converted_like_a_written_value(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX.replace("alpha: float = 1.0", "alpha: float = 1"))
    cls = load(path)
    made = [plugins.instantiate(cls, parse_call(text), "method") for text in ("mine", "mine(alpha=1)")]
    assert [repr(plugins.every_parameter(m)[0]) for m in made] == ["('alpha', 1.0)"] * 2


def test_the_code_of_a_method_includes_what_it_inherits_from(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from mixsuite.mixing.methods.mixup import Mixup\nclass Mine(Mixup):\n    pass\n")
    assert [p.name for p in plugins.sources(load(path))] == ["mine.py", "mixup.py"]


def test_a_number_stands_for_a_word_where_only_a_word_fits():
    cls = plugins.load_class(plugins.METHODS, plugins.folder(plugins.METHODS) / "mixupe.py", Method)
    assert plugins.instantiate(cls, parse_call("mixupe(version=1)"), "method").version == "1"
    with pytest.raises(InputError, match="version=7"):
        plugins.instantiate(cls, parse_call("mixupe(version=7)"), "method")


def test_a_name_with_an_argument_is_spelled_out():
    from mixsuite.domains.base import Dataset

    cls = plugins.load_class(plugins.DATASETS, plugins.folder(plugins.DATASETS) / "tu.py", Dataset)
    made = plugins.instantiate(cls, parse_call("tu:NCI1(rows=100)"), "dataset")
    assert (made.name, made.rows) == ("NCI1", 100)
    assert display_name("tu", made) == "tu:NCI1(rows=100)"
    with pytest.raises(InputError, match="write tu:NAME"):
        plugins.instantiate(cls, parse_call("tu:a:b"), "dataset")
    with pytest.raises(InputError, match="allowed is a name"):
        plugins.instantiate(cls, parse_call("tu:../x"), "dataset")
