"""Diabetes progression, shipped inside scikit-learn: a regression task."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw, shipped


@dataclass(frozen=True)
class Diabetes(Dataset):
    """442 patients, 10 measurements, and how far the disease had gone a year later (25 to 346)."""

    domain = "tabular"
    kind = "regression"
    recipe = "tabular_mlp_400"
    source = "scikit-learn (sklearn.datasets.load_diabetes)"
    licence = "none stated; published with the paper"
    reference = "Efron, Hastie, Johnstone and Tibshirani 2004, Least Angle Regression"
    sha256 = {
        "diabetes_data_raw.csv.gz": "7fc0ded571454b1982210d3bb43f0aca44eae01a0b8654a3b24022bdb6b38009",
        "diabetes_target.csv.gz": "8e53f65eb811df43c206f3534bb3af0e5fed213bc37ed6ba36310157d6023803",
    }

    def files(self, root):
        return [shipped("sklearn", "datasets", "data", name) for name in self.sha256]

    def load(self, root):
        from sklearn.datasets import load_diabetes

        bunch = load_diabetes(as_frame=True, scaled=False)
        return Raw(bunch.data, bunch.target.to_numpy())
