"""Common features, rare features and noise in patches: the data model of feature learning with mixup, made up."""

from dataclasses import dataclass, field

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.mixing.rng import stream


@dataclass(frozen=True)
class FeatureNoise(Dataset):
    """Two classes of rows of patches. The first patch has the class's feature, a unit vector: the common one, or in
    a share ``rare`` of the rows another one. ``weak_patches`` have ``weak`` times a common feature of either class, the
    others normal noise. After Zou, Cao, Li and Gu 2023 (arXiv:2303.08433), whose text was not at hand: recalled.

    dims: of a patch; its first four axes are the features: common of class 0 and 1, rare of class 0 and 1.
    noise: standard deviation of a patch of noise, in each axis.
    Rows to draw the training part from: 2,000; test rows: 1,000, and a quarter of these are rare.
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
