"""Iris flowers, shipped inside scikit-learn."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw, shipped


@dataclass(frozen=True)
class Iris(Dataset):
    """150 flowers, four measurements, three species."""

    domain = "tabular"
    classes = 3
    recipe = "tabular_mlp"
    source = "scikit-learn (sklearn.datasets.load_iris)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Fisher 1936, UCI Iris"
    sha256 = {"iris.csv": "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449"}

    def files(self, root):
        return [shipped("sklearn", "datasets", "data", "iris.csv")]

    def load(self, root):
        from sklearn.datasets import load_iris

        bunch = load_iris(as_frame=True)
        return Raw(bunch.data, bunch.target.to_numpy())
