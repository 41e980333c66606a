"""ImageNet-1k from the data root, read as it is needed."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.class_folders import PICTURES, class_files
from mixsuite.domains.images.decode import check_size
from mixsuite.domains.images.pictures import check_reading, read_pictures


@dataclass(frozen=True)
class Imagenet(Dataset):
    """ImageNet-1k (ILSVRC 2012) in torchvision's layout: imagenet/train/n01440764/*.JPEG and imagenet/val/n01440764/...

    The official validation pictures are the test part; the validation part is drawn from the training pictures.
    Of each picture a square in the middle is kept, 224 / 256 of its shorter side, and resized to size x size.

    size:   side of the pictures.
    broken: share of the pictures that may be damaged; these are left out.
    memory: pictures of up to so many GiB are held in memory, at 3 bytes a pixel; more are read as they are needed.
    """

    size: int = 224
    broken: float = 0.0
    memory: float = 0.25
    valid: float = field(default=0.02, kw_only=True)

    domain = "images"
    recipe = "imagenet_resnet50"
    requires = ("torchvision",)
    source = "image-net.org, ILSVRC 2012 (in imagenet/train and imagenet/val, a folder a class)"
    licence = "for non-commercial research, by agreement at image-net.org"
    reference = "Russakovsky et al. 2015, arXiv:1409.0575"

    def __post_init__(self):
        super().__post_init__()
        check_size(self.size)
        check_reading(self.broken, self.memory)

    def files(self, root):
        parts = [path for part in ("train", "val") for path in class_files(root / "imagenet" / part, PICTURES)]
        return [path for path in parts if path.is_file()] or parts

    def load(self, root):
        files, top = self.files(root), root / "imagenet"
        parts, words, _ = np.array([path.relative_to(top).parts for path in files]).T
        seen = partial(self.fingerprint, root)
        x, kept = read_pictures(files, top, self.size, "crop", self.broken, self.memory, seen, root)
        y = np.unique(words, return_inverse=True)[1]
        return Raw(x, y[kept], np.where(parts == "train", 0, 2)[kept])
