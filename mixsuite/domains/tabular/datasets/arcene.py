"""Mass spectra of patients, from the data root; the official training and validation parts are merged."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Arcene(Dataset):
    """200 patients, 10,000 intensities, cancer or not. The official test part has no labels."""

    domain = "tabular"
    classes = 2
    recipe = "uci"
    source = "UCI Arcene (arcene_train.* and arcene_valid.* in uci/arcene)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Guyon et al. 2004, UCI Arcene; in Zhang et al. 2018, arXiv:1710.09412, table 4"
    sha256 = {"*": "09b941285a2c7cea"}

    def files(self, root):
        folder = root / "uci" / "arcene"
        return [folder / f"arcene_{part}.{kind}" for part in ("train", "valid") for kind in ("data", "labels")]

    def load(self, root):
        import pandas as pd

        x, labels, more, more_labels = (np.loadtxt(path) for path in self.files(root))
        frame = pd.DataFrame(np.concatenate([x, more])).add_prefix("f")
        return Raw(frame, (np.concatenate([labels, more_labels]) > 0).astype(np.int64))
