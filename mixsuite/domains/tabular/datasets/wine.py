"""Chemistry of wines from three growers, shipped inside scikit-learn."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw, shipped


@dataclass(frozen=True)
class Wine(Dataset):
    """178 wines, 13 measurements, three growers."""

    domain = "tabular"
    classes = 3
    recipe = "tabular_mlp"
    source = "scikit-learn (sklearn.datasets.load_wine)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Aeberhard and Forina 1992, UCI Wine"
    sha256 = {"wine_data.csv": "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede"}

    def files(self, root):
        return [shipped("sklearn", "datasets", "data", "wine_data.csv")]

    def load(self, root):
        from sklearn.datasets import load_wine

        bunch = load_wine(as_frame=True)
        return Raw(bunch.data, bunch.target.to_numpy())
