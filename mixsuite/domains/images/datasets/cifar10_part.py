"""CIFAR-10 subset (8,068/1,017), exact pixels, from the data root."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Cifar10Part(Dataset):
    """CIFAR-10 subset (8,068/1,017): the first rows of each of the six batches, pictures [32, 32, 3].

    This is not CIFAR-10: report results on it under this name.
    """

    domain = "images"
    classes = 10
    recipe = "cifar_conv"
    source = "the first rows of the original batches (in cifar-10-part/cifar-10-batches-py)"
    licence = "none stated"
    reference = "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images"
    requires = ("torchvision",)
    sha256 = {"*": "fda65d038df956fa"}

    def files(self, root):
        folder = root / "cifar-10-part" / "cifar-10-batches-py"
        return [folder / name for name in ("batches.meta", *(f"data_batch_{i}" for i in range(1, 6)), "test_batch")]

    def load(self, root):
        from torchvision.datasets import CIFAR10

        class Part(CIFAR10):  # type: ignore[misc]
            """torchvision's reader with the subset's own checksums."""

            base_folder = "cifar-10-part/cifar-10-batches-py"
            train_list = [
                ["data_batch_1", "7a1b66100671f6a46ef46fa18fb68d8a"],
                ["data_batch_2", "149075861647a8283c37a490bd888265"],
                ["data_batch_3", "5ed76c512c844961ffeb4697fe35a524"],
                ["data_batch_4", "4543894f87dce4bb43033fa6a5bcec96"],
                ["data_batch_5", "a677422851bc70e9c50aa3bcaf4166fb"],
            ]
            test_list = [["test_batch", "eefa6eea41db6af6614054c78b3e5aa1"]]

        parts = [Part(root, train=train, download=False) for train in (True, False)]
        x, y = np.concatenate([p.data for p in parts]), np.concatenate([p.targets for p in parts])
        return Raw(x, y, split_id=np.repeat([0, 2], [len(p.targets) for p in parts]))
