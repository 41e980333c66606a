"""Web pages that do or do not phish, from the data root."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Phishing(Dataset):
    """11,055 pages, 30 features with two or three values each, read as categories; phishing (44 %) or not."""

    domain = "tabular"
    classes = 2
    recipe = "uci"
    source = "UCI Phishing Websites (Training Dataset.arff in uci/phishing)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Mohammad and McCluskey 2012, UCI Phishing Websites; in Zhang et al. 2018, arXiv:1710.09412, table 4"
    sha256 = {"*": "3a470ae2e6badeaf"}

    def files(self, root):
        return [root / "uci" / "phishing" / "Training Dataset.arff"]

    def load(self, root):
        import pandas as pd

        lines = self.files(root)[0].read_text(encoding="utf-8").splitlines()
        names = [line.split()[1] for line in lines if line.lower().startswith("@attribute")]
        begin = next(i for i, line in enumerate(lines) if line.lower().startswith("@data"))
        rows = [line.strip().split(",") for line in lines[begin + 1 :] if line.strip()]
        frame = pd.DataFrame(rows, columns=names).astype("category")
        return Raw(frame, (frame.pop("Result") == "-1").to_numpy().astype(np.int64))
