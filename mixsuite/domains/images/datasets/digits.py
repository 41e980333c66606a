"""Handwritten digits, 8x8 pixels, shipped inside scikit-learn."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw, shipped


@dataclass(frozen=True)
class Digits(Dataset):
    """1,797 grey pictures [8, 8] of the ten digits: the test part of UCI's Optical Recognition set."""

    domain = "images"
    classes = 10
    recipe = "digits_conv"
    source = "scikit-learn (sklearn.datasets.load_digits)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits"
    sha256 = {"digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"}

    def files(self, root):
        return [shipped("sklearn", "datasets", "data", "digits.csv.gz")]

    def load(self, root):
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Raw(digits.images, digits.target)
