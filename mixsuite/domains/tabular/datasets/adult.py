"""Adult census income, from the data root: numbers and categories; official test part."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw

# The last column is the target.
_COLUMNS = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]


@dataclass(frozen=True)
class Adult(Dataset):
    """32,561 + 16,281 people, six numbers, eight categories (some missing), income above 50,000 or not."""

    domain = "tabular"
    classes = 2
    recipe = "tabular_mlp_800"
    source = "UCI Adult (adult.data and adult.test in uci/adult)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Becker and Kohavi 1996, UCI Adult"
    sha256 = {"*": "1bb04a7d94b58e1f"}

    def files(self, root):
        return [root / "uci" / "adult" / name for name in ("adult.data", "adult.test")]

    def load(self, root):
        import pandas as pd

        def read(path, skip):
            return pd.read_csv(path, skiprows=skip, header=None, names=_COLUMNS, skipinitialspace=True, na_values="?")

        # adult.test begins with an extra line, and its labels end in a full stop.
        frames = [read(path, skip) for path, skip in zip(self.files(root), (0, 1), strict=True)]
        frame = pd.concat(frames, ignore_index=True)
        y = frame.pop("income").str.rstrip(".").eq(">50K").to_numpy().astype(np.int64)
        return Raw(frame, y, split_id=np.repeat([0, 2], [len(f) for f in frames]))
