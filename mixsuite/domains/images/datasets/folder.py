"""Your own pictures in class folders, folder:PATH."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.base import own_path
from mixsuite.domains.class_folders import PICTURES, SOUNDS, class_files, classes_of, missing_files
from mixsuite.domains.images.datasets._picture import check_size, read_picture, stacked


@dataclass(frozen=True)
class Folder(Dataset):
    """Your own pictures as PATH/CLASS/any.png, or split as PATH/train/CLASS/.., PATH/test/CLASS/.. (and PATH/valid/..).

    Classes are numbered in the order of their names. Pictures are grey if every picture is grey, and RGB otherwise.
    What is hidden (.name) or left by a system (__MACOSX, @eaDir) is no class and no picture.

    path: the folder, as in folder:data/leaves.
    size: pictures are resized to size x size pixels (bilinear).
    """

    path: str
    size: int = 32

    domain = "images"
    recipe = "fashion_conv"
    arguments = ("path",)
    source = "a folder of your own"
    licence = "the folder's own"

    def __post_init__(self):
        super().__post_init__()
        check_size(self.size)

    def files(self, root):
        return class_files(own_path(self.path), PICTURES)

    def missing(self, path):
        return missing_files(self.path, own_path(self.path), path, PICTURES, SOUNDS)

    def load(self, root):
        files = self.files(root)
        y, part = classes_of(own_path(self.path), files, PICTURES)
        return Raw(stacked([read_picture(path, self.size, path) for path in files]), y, part)
