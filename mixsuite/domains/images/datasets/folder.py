"""Your own pictures in class folders, folder:PATH."""

from dataclasses import dataclass
from functools import partial

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.base import own_path
from mixsuite.domains.class_folders import PICTURES, SOUNDS, class_files, classes_of, missing_files
from mixsuite.domains.images.decode import check_size
from mixsuite.domains.images.pictures import check_reading, read_pictures


@dataclass(frozen=True)
class Folder(Dataset):
    """Your own pictures as PATH/CLASS/any.png, or split as PATH/train/CLASS/.., PATH/test/CLASS/.. (and PATH/valid/..).

    Classes are numbered in the order of their names. Pictures are grey if every picture is grey, and RGB otherwise.
    What is hidden (.name) or left by a system (__MACOSX, @eaDir) is no class and no picture.

    path: the folder, as in folder:data/leaves.
    size: pictures are resized to size x size pixels (bilinear).
    broken: share of the pictures that may be damaged; these are left out.
    memory: pictures of up to so many GiB are held in memory, at 3 bytes a pixel; more are read as they are needed.
    """

    path: str
    size: int = 32
    broken: float = 0.0
    memory: float = 0.25

    domain = "images"
    recipe = "fashion_conv"
    arguments = ("path",)
    source = "a folder of your own"
    licence = "the folder's own"

    def __post_init__(self):
        super().__post_init__()
        check_size(self.size)
        check_reading(self.broken, self.memory)

    def files(self, root):
        return class_files(own_path(self.path), PICTURES)

    def missing(self, path):
        return missing_files(self.path, own_path(self.path), path, PICTURES, SOUNDS)

    def load(self, root):
        files, top = self.files(root), own_path(self.path)
        y, part = classes_of(top, files, PICTURES, root)
        seen = partial(self.fingerprint, root)
        x, kept = read_pictures(files, top, self.size, "squash", self.broken, self.memory, seen, root)
        return Raw(x, y[kept], None if part is None else part[kept])
