"""Names of a matrix become tasks, methods and probes with every parameter."""

import pytest
from support.matrices import GOOD, POINTS, RECIPE, load_text
from support.paths import TOYS

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix, matrix_names
from mixsuite.experiment.resolve import resolve, resolve_method, resolve_probe, resolve_task
from mixsuite.models.tabular.mlp import Mlp
from mixsuite.plugins.entry import parse_call
from mixsuite.stats.primary import Primary


@pytest.mark.parametrize("name", matrix_names())
def test_every_matrix_that_ships_can_be_resolved(name):
    resolved = resolve(load_matrix(name))
    ids = [run.id for run in resolved.runs()]
    assert len(set(ids)) == len(ids) == len(resolved.tasks) * len(resolved.methods) * len(resolved.seeds)
    assert len({t.domain for t in resolved.tasks}) >= 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"methods": ["mixpu"]}, r"unknown method 'mixpu'; did you mean 'mixup'\?"),
        ({"methods": ["mixup(alhpa=1)"]}, r"unknown parameter of method 'mixup' 'alhpa'; did you mean 'alpha'\?"),
        ({"methods": ["./no.py"]}, "method file './no.py' does not exist"),
        ({"methods": ["no.such.module"]}, "cannot be found"),
        ({"datasets": ["wyne"]}, r"unknown dataset 'wyne'; did you mean 'wine'\?"),
        ({"datasets": ["wine@minne"]}, r"unknown recipe 'minne'; did you mean 'mine'\?"),
        ({"datasets": ["digits@mine"]}, "recipe mine: model 'mlp' is made for tabular, not for images"),
        ({"datasets": ["wine(rows=1)"]}, "rows=1: allowed is 2 or more"),
        ({"datasets": ["diabetes(label_noise=0.1)"]}, "only for classes"),
    ],
)
def test_names_that_do_not_resolve(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        resolve(load_text(tmp_path, GOOD + RECIPE), **change)


def test_the_command_line_narrows_and_widens(tmp_path):
    text = GOOD.replace('["wine"]', '["wine(rows=24)", "wine(rows=60)", "iris"]') + RECIPE
    matrix = load_text(tmp_path, text)
    names = [t.name for t in resolve(matrix, datasets=["wine"]).tasks]
    assert names == ["wine(rows=24)", "wine(rows=60)"]
    assert [t.name for t in resolve(matrix, datasets=["wine(rows=30)", "diabetes"]).tasks] == [
        "wine(rows=30)",
        "diabetes",
    ]
    assert [m.name for m in resolve(matrix, methods=["cutmix"]).methods] == ["erm", "cutmix"]
    assert resolve(matrix, seeds=(7,)).seeds == (7,)


def test_a_pattern_that_excludes_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="exclude 'cutmx x wine': no cell"):
        resolve(load_text(tmp_path, GOOD + 'exclude = ["cutmx x wine"]'))


def test_excluded_cells_are_left_out(tmp_path):
    text = GOOD.replace('["wine"]', '["wine(rows=24)", "iris"]') + 'exclude = ["mixup* x wine", "erm x i*"]'
    cells = {(r.task.name, r.method.name) for r in resolve(load_text(tmp_path, text)).runs()}
    assert cells == {("wine(rows=24)", "erm"), ("iris", "mixup")}


def test_one_name_for_two_things_is_refused(tmp_path):
    source = "from mixsuite.mixing.methods.mixup import Mixup as M\nclass Mine(M): pass\n"
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(source)
    both = [str(tmp_path / f / "mine.py") for f in "ab"]
    with pytest.raises(InputError, match="'mine' is given twice"):
        resolve(load_text(tmp_path, GOOD), methods=both)
    (tmp_path / "mixup.py").write_text(source)
    with pytest.raises(InputError, match="built-in method; give the file another name"):
        resolve(load_text(tmp_path, GOOD), methods=[str(tmp_path / "mixup.py")])


def test_the_same_cell_twice_is_one(tmp_path):
    found = resolve(load_text(tmp_path, GOOD), methods=["mixup", "mixup(alpha=1)", "erm"])
    assert [m.name for m in found.methods] == ["mixup", "erm"]
    assert parse_call(str(found.methods[0].call)) == found.methods[0].call


def test_equivalent_texts_are_one_cell():
    assert (
        resolve_method("mixup") == resolve_method("mixup(alpha=1)") == resolve_method("mixup(alpha=1.0, lam='batch')")
    )
    assert resolve_method("mixup").name == "mixup"
    assert resolve_method("mixup(lam=row, alpha=0.4)").name == 'mixup(alpha=0.4, lam="row")'
    assert resolve_method("mixup").call != resolve_method("mixup(alpha=0.4)").call


def test_the_objects_behind_the_names_are_at_hand(tmp_path):
    experiment = resolve(load_text(tmp_path, GOOD + 'probes = ["noise(std=0.1)"]'))
    assert experiment.reference == "erm"
    assert type(experiment.method_of["mixup"]).__name__ == "Mixup"
    assert type(experiment.parts_of["wine"].dataset).__name__ == "Wine"
    assert experiment.parts_of["wine"].model == Mlp(width=128, depth=2)
    assert experiment.probe_of["noise(std=0.1)"].std == 0.1


def test_runs_go_task_by_task_and_seed_by_seed(tmp_path):
    experiment = resolve(load_text(tmp_path, GOOD.replace('["wine"]', '["wine", "iris"]')))
    order = [(run.task.name, run.seed, run.method.name) for run in experiment.runs()]
    assert order == [(t, s, m) for t in ("wine", "iris") for s in (0, 1, 2) for m in ("erm", "mixup")]


def test_a_task_has_its_recipes_values_and_a_name_that_shows_what_is_not_usual(tmp_path):
    matrix = load_text(tmp_path, GOOD + RECIPE)
    task = resolve_task("wine(rows=24)@mine", matrix)
    assert (task.name, task.domain, task.recipe_name, task.primary) == (
        "wine(rows=24)@mine",
        "tabular",
        "mine",
        Primary("error"),
    )
    assert (dict(task.recipe)["lr"], dict(task.recipe)["steps"], dict(task.dataset.params)["rows"]) == (0.1, 5, 24)
    assert resolve_task("diabetes", matrix).primary == Primary("rmse")


def test_an_outside_data_set_may_bring_a_domain_of_its_own(tmp_path):
    task = resolve_task(str(TOYS / "gaussians.py"), load_text(tmp_path, GOOD + POINTS))
    assert task.domain == "points"
    assert task.address("domain") == str(TOYS / "points.py")


def test_probes_of_one_text_are_one():
    assert resolve_probe("noise").call == resolve_probe("noise(std=0.1)").call or resolve_probe("noise").name == "noise"
    assert resolve_probe("fgsm(eps=0.5)").name == "fgsm(eps=0.5)"
    with pytest.raises(InputError, match="unknown probe 'fgms'; did you mean 'fgsm'"):
        resolve_probe("fgms")


def test_metrics_go_to_the_tasks_whose_targets_they_are_for(tmp_path):
    text = GOOD.replace('["wine"]', '["wine", "diabetes"]') + RECIPE
    experiment = resolve(load_text(tmp_path, 'metrics = ["auc", "spearman", "f1"]\nprimary = "auc"\n' + text))
    wine, diabetes = experiment.tasks
    assert [spec.name for spec in experiment.metrics_for(wine)] == ["auc", "f1"]
    assert [spec.name for spec in experiment.metrics_for(diabetes)] == ["spearman"]
    assert wine.primary == Primary("auc", "higher", 1.0)
    assert diabetes.primary == Primary("rmse")
    assert wine.canonical() == resolve_task("wine", load_text(tmp_path, text)).canonical()  # no part of the identity


def test_a_primary_metric_is_computed_though_no_list_names_it(tmp_path):
    experiment = resolve(load_text(tmp_path, 'primary = "top_k_error(k=2)"\n' + GOOD))
    assert [spec.name for spec in experiment.metrics] == ["top_k_error(k=2)"]
    assert experiment.tasks[0].primary == Primary("top_k_error(k=2)", "lower", 0.0)
    alike = resolve(load_text(tmp_path, 'primary = "f1(average=\'macro\')"\nmetrics = ["f1"]\n' + GOOD))
    assert [spec.name for spec in alike.metrics] == ["f1"]


@pytest.mark.parametrize("name", ["nll", "macro_error", "brier"])
def test_a_metric_that_every_run_has_may_be_primary(tmp_path, name):
    experiment = resolve(load_text(tmp_path, f'primary = "{name}"\n' + GOOD))
    assert (experiment.tasks[0].primary, experiment.metrics) == (Primary(name), ())


PLANTED = """
from dataclasses import dataclass
from mixsuite.evaluation import Metric
@dataclass(frozen=True)
class Mine(Metric):
    {literals}
    def score(self, predictions):
        return 0.0
"""


@pytest.mark.parametrize(
    ("lines", "literals", "said"),
    [
        ('primary = "acu"', "", "unknown primary metric 'acu'; did you mean 'auc'"),
        ('metrics = ["acu"]', "", "unknown metric 'acu'; did you mean 'auc'"),
        ('metrics = ["nll"]', "", "metric 'nll': every run has it; primary = \"nll\" bases the verdicts on it"),
        ('primary = "rmse"', "", "primary 'rmse': made for regression; no data set of this call has such targets"),
        ('primary = "spearman"', "", "primary 'spearman': made for regression; no data set of this call"),
        ('primary = "auc("', "", "auc("),
        ('metrics = ["./mine.py"]', "kinds = ('class',)", "better = None: allowed: 'lower', 'higher'"),
        ('metrics = ["./mine.py"]', "better = 'up'", "better = 'up': allowed: 'lower', 'higher'"),
        ('metrics = ["./mine.py"]', "better, kinds = 'lower', ('classes',)", "unknown kind 'classes'; did you mean"),
        ('primary = "./mine.py"', "better = 'higher'", "primary './mine.py': its class names no optimum"),
        ('metrics = ["./seconds.py"]', "better = 'higher'", "'seconds' is a number or a column of every table"),
        (
            'metrics = ["./noise.py"]\nprobes = ["noise"]',
            "better = 'higher'",
            "'noise' is the name of a probe and of a",
        ),
    ],
)
def test_metrics_that_cannot_be_meant_are_refused_in_one_line(tmp_path, monkeypatch, lines, literals, said):
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "seconds", "noise"):
        (tmp_path / f"{name}.py").write_text(PLANTED.format(literals=literals or "pass"))
    with pytest.raises(InputError) as refused:
        resolve(load_text(tmp_path, lines + "\n" + GOOD))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sgd"', '"sdg"', "recipe mine: unknown optimizer 'sdg'; did you mean 'sgd'"),
        ('"sgd"', '"sam(rho=-1)"', "recipe mine: sam(rho=-1): rho=-1.0: allowed is > 0"),
        ("lr = 0.1", 'lr = 0.1\nschedule = "triangle"', "recipe mine: unknown schedule 'triangle'"),
        ("lr = 0.1", 'lr = 0.1\nschedule = "step(at=0.5)"', "recipe mine: step(at=0.5): at=0.5"),
        ("lr = 0.1", 'lr = 0.1\nschedule = "step(gamma=x)"', "gamma='x': input should be a valid number"),
    ],
)
def test_an_optimiser_or_a_schedule_that_is_not_there_is_named(tmp_path, old, new, said):
    matrix = load_text(tmp_path, GOOD + RECIPE.replace(old, new))
    with pytest.raises(InputError) as refused:
        resolve_task("wine@mine", matrix)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_their_parameters_are_written_out_and_those_of_old_recipes_are_as_they_were(tmp_path):
    text = GOOD + RECIPE.replace('"sgd"', '"sam"').replace("lr = 0.1", 'lr = 0.1\nschedule = "step"')
    recipe = dict(resolve_task("wine@mine", load_text(tmp_path, text)).recipe)
    assert (recipe["optimizer"], recipe["schedule"]) == ("sam(rho=0.05)", "step(at=[0.5, 0.75], gamma=0.1)")
    recipe = dict(resolve_task("wine@mine", load_text(tmp_path, GOOD + RECIPE)).recipe)
    assert (recipe["optimizer"], recipe["schedule"]) == ("sgd", "constant")


def test_lengths_make_of_each_task_one_for_each(tmp_path):
    matrix = load_text(tmp_path, GOOD.replace('["wine"]', '["wine", "iris@mine"]') + "lengths = [4, 1, 2]\n" + RECIPE)
    tasks = {task.name: task for task in resolve(matrix).tasks}
    assert list(tasks) == [
        "wine", "wine@tabular_mlp×2", "wine@tabular_mlp×4", "iris@mine", "iris@mine×2", "iris@mine×4",
    ]  # fmt: skip
    steps = [dict(task.recipe)["steps"] for task in tasks.values()]
    assert steps == [300, 600, 1200, *(k * steps[3] for k in (1, 2, 4))]
    assert [task.length for task in tasks.values()] == [1, 2, 4, 1, 2, 4]
    assert [other.name for other in tasks.values() if other.stretches(tasks["wine@tabular_mlp×2"])] == [
        "wine@tabular_mlp×4"
    ]
    alone = resolve(load_text(tmp_path, GOOD + RECIPE)).tasks[0]
    assert alone == tasks["wine"]  # a length more changes nothing of the others


def test_an_entry_that_names_a_length_has_that_one(tmp_path):
    matrix = load_text(tmp_path, GOOD + "lengths = [1, 2]\n" + RECIPE)
    assert [task.name for task in resolve(matrix, datasets=["iris@×3", "wine@mine×5"]).tasks] == [
        "iris@tabular_mlp×3",
        "wine@mine×5",
    ]
    for wrong in ("iris@mine×0", "iris@mine×x", "iris@mine×1001"):
        with pytest.raises(InputError, match="behind × stands a whole number from 1 to 1000"):
            resolve(matrix, datasets=[wrong])


def test_ranked_methods_are_of_the_matrix(tmp_path):
    matrix = load_text(tmp_path, GOOD + 'ranked = ["mixup(alpha=1.0)", "erm"]\n' + RECIPE)
    assert resolve(matrix).ranked == ("mixup", "erm")
    assert resolve(matrix, methods=["cutmix"]).ranked == ("erm",)
    with pytest.raises(InputError, match="unknown method to rank 'cutmix'"):
        resolve(load_text(tmp_path, GOOD + 'ranked = ["cutmix"]\n' + RECIPE))


def test_tasks_of_one_data_set_are_cases_of_it(tmp_path):
    entries = '["digits(rows=150)", "digits(rows=500)", "tu:NCI1", "tu:ENZYMES"]'
    tasks = resolve(load_text(tmp_path, GOOD.replace('["wine"]', entries) + RECIPE)).tasks
    assert [task.data_set for task in tasks] == ["digits", "digits", "tu:NCI1", "tu:ENZYMES"]
