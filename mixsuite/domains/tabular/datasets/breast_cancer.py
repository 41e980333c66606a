"""Breast tumours, shipped inside scikit-learn."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw, shipped


@dataclass(frozen=True)
class BreastCancer(Dataset):
    """569 tumours, 30 measurements of cell nuclei, malignant or benign."""

    domain = "tabular"
    classes = 2
    recipe = "tabular_mlp_400"
    source = "scikit-learn (sklearn.datasets.load_breast_cancer)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Wolberg et al. 1995, UCI Breast Cancer Wisconsin (Diagnostic)"
    sha256 = {"breast_cancer.csv": "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed"}

    def files(self, root):
        return [shipped("sklearn", "datasets", "data", "breast_cancer.csv")]

    def load(self, root):
        from sklearn.datasets import load_breast_cancer

        bunch = load_breast_cancer(as_frame=True)
        return Raw(bunch.data, bunch.target.to_numpy())
