"""Fashion-MNIST, from the data root; official test part."""

from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class FashionMnist(Dataset):
    """60,000 + 10,000 grey pictures [28, 28] of ten kinds of clothes; official test part."""

    domain = "images"
    classes = 10
    recipe = "fashion_conv"
    source = "the zalandoresearch/fashion-mnist repository (four IDX files, unpacked, in FashionMNIST/raw)"
    licence = "MIT (Zalando SE)"
    reference = "Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747"
    requires = ("torchvision",)
    sha256 = {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }

    def files(self, root):
        return [root / "FashionMNIST" / "raw" / name for name in self.sha256]

    def fetch(self, root):
        from torchvision.datasets import FashionMNIST

        FashionMNIST(root, download=True)

    def load(self, root):
        from torchvision.datasets import FashionMNIST

        parts = [FashionMNIST(root, train=train, download=False) for train in (True, False)]
        x = np.concatenate([part.data.numpy() for part in parts])
        y = np.concatenate([part.targets.numpy() for part in parts])
        return Raw(x, y, split_id=np.repeat([0, 2], [len(part) for part in parts]))
