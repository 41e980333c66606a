"""Passengers of the Titanic: numbers, categories and missing values. Shipped inside scikit-learn."""

import csv
import gzip
from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw, shipped

_FILE = "data-v1-dl-16826755.arff.gz"
_NUMBERS, _CATEGORIES = ["age", "sibsp", "parch", "fare"], ["pclass", "sex", "embarked"]


@dataclass(frozen=True)
class Titanic(Dataset):
    """1,309 passengers, four numbers, three categories (class, sex, port), survived or not.

    The records are real (OpenML 40945), and are read from the copy that scikit-learn ships with its tests. Names and
    tickets (a value for each row) and what was known only afterwards (boat, body) are left out.
    """

    domain = "tabular"
    classes = 2
    recipe = "tabular_mlp"
    source = "scikit-learn (its copy of OpenML 40945)"
    licence = "public (as OpenML states)"
    reference = "Harrell and Cason, Vanderbilt Biostatistics, titanic3"
    sha256 = {_FILE: "516e961f519876e5f89b339a0364a08dd64160ac3a4d76d5ec62955bfd6d6ce5"}

    def files(self, root):
        return [shipped("sklearn", "datasets", "tests", "data", "openml", "id_40945", _FILE)]

    def load(self, root):
        import pandas as pd

        with gzip.open(self.files(root)[0], "rt", encoding="utf-8") as file:
            header, rows = [], []
            for line in csv.reader(map(str, file)):
                if line and line[0].startswith("@attribute"):
                    header.append(line[0].split("'")[1])
                elif line and not line[0].startswith("@"):
                    rows.append(line)
        frame = pd.DataFrame(rows, columns=header).replace("?", None)
        numbers = frame[_NUMBERS].astype(float)
        return Raw(numbers.join(frame[_CATEGORIES]), frame["survived"].astype(int).to_numpy())
