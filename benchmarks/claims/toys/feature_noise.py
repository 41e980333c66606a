"""Made-up patches with common features, rare features and noise: a data model of feature learning with mixup."""

from dataclasses import dataclass, field

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.mixing.rng import stream


@dataclass(frozen=True)
class FeatureNoise(Dataset):
    """Two classes of rows of patches: a feature, weak features and noise.

    The first patch is the class's feature, a unit vector: the common one, or in a share ``rare`` of the rows the rare
    one. ``weak_patches`` patches have ``weak`` times the common feature of either class; the others are normal noise.
    The model follows Zou, Cao, Li and Gu 2023 (arXiv:2303.08433), recalled without the text at hand. The training part
    is drawn from 2,000 rows. There are 1,000 test rows, and on average a quarter of them have the rare feature.

    dims:    dimensions of a patch. Its first four axes are the features: common of class 0 and 1, rare of 0 and 1.
    patches: number of patches in a row.
    noise:   standard deviation of a patch of noise, on each axis.
    """

    dims: int = 500
    patches: int = 5
    weak_patches: int = 2
    rare: float = 0.1
    weak: float = 0.05
    noise: float = 0.2
    rows: int | None = field(default=300, kw_only=True)
    valid: float = field(default=0.0, kw_only=True)

    domain = "./patches.py"
    classes = 2
    recipe = "feature_noise"
    source = "made up by numpy"
    licence = "CC0"
    reference = "after Zou et al. 2023, arXiv:2303.08433"

    def __post_init__(self):
        super().__post_init__()
        for name, good, allowed in (
            ("dims", self.dims >= 4, ">= 4"),
            ("weak_patches", 0 <= self.weak_patches <= self.patches - 2, "0 to patches - 2"),
            ("rare", 0 <= self.rare <= 1, "0 to 1"),
            ("noise", self.noise >= 0, ">= 0"),
        ):
            if not good:
                raise ValueError(f"{name}={getattr(self, name)}: allowed is {allowed}")

    def load(self, root):
        draws = stream(0, "feature_noise")
        part = np.repeat([0, 2], [2_000, 1_000])
        n = len(part)
        y = draws.randint(0, 2, n)
        rare = draws.uniform(size=n) < np.where(part == 2, 0.25, self.rare)
        x = np.zeros((n, self.patches, self.dims), dtype=np.float32)
        every = np.arange(n)
        x[every, 0, y + 2 * rare] = 1
        for patch in range(1, 1 + self.weak_patches):
            x[every, patch, draws.randint(0, 2, n)] = self.weak
        rest = (n, self.patches - 1 - self.weak_patches, self.dims)
        x[:, 1 + self.weak_patches :] = self.noise * draws.standard_normal(rest)
        return Raw(x, y, part)
